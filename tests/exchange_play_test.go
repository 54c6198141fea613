//go:build linux

package tests

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// perform plays the row and returns what is seen, but for the log.
func (p *tablePlay) perform() (sight, error) {
	p.changed = make(chan struct{})
	if p.listener != nil {
		p.running.Go(p.accept)
	}
	c, err := net.DialTimeout("tcp", p.addr, fatal)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.client = p.newSide(c)
	p.mu.Unlock()
	for _, step := range p.row.script {
		if err := p.step(step); err != nil {
			return nil, fmt.Errorf("%s: %w; %s", strings.TrimSpace(step.line), err, p.situation())
		}
	}
	see := make(sight)
	see["client"] = []string{p.settleClient()}
	if p.client.ours != "closes" && p.client.ours != "resets" {
		<-p.client.finish("closes")
	}
	if !p.probed {
		p.logged() // now the connection to the server is idle, if it is to be used again
		if err := p.probeAnew(); err != nil {
			return nil, fmt.Errorf("%w; %s", err, p.situation())
		}
	}
	if !p.row.upgrades() {
		p.settleServers()
	}
	see["server"] = p.seenByServers()
	return see, nil
}

func (p *tablePlay) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.servers = append(p.servers, p.newSide(c))
		p.mu.Unlock()
	}
}

// leave closes whatever is still open.
func (p *tablePlay) leave() {
	if p.listener != nil {
		p.listener.Close()
	}
	p.mu.Lock()
	all := p.servers
	if p.client != nil {
		all = append(all, p.client)
	}
	p.mu.Unlock()
	for _, s := range all {
		s.conn.Close()
		close(s.todo)
	}
	p.running.Wait()
}

func (p *tablePlay) step(step tableStep) error {
	switch {
	case step.who == "":
		return p.upgrade()
	case step.who == "client":
		return p.clientStep(step)
	}
	return p.serverStep(step)
}

func (p *tablePlay) clientStep(step tableStep) error {
	switch step.verb {
	case ":":
		p.sent = append(p.sent, step.text...)
		p.wait(p.client.send(step.text), step.text)
	case "waits":
		return p.await(fatal, p.client.over)
	case "gets":
		return p.await(fatal, func() bool { return p.client.hasGot(step.text) || p.client.over() })
	default:
		p.wait(p.client.finish(step.verb), nil)
	}
	return nil
}

// wait waits for what is done, but not for a body that the peer may not take yet.
func (p *tablePlay) wait(done chan struct{}, text []byte) {
	if len(text) < 32<<10 {
		select {
		case <-done:
		case <-time.After(fatal):
		}
	}
}

// hasGot looks for a text behind what it has found before.
func (s *tableSide) hasGot(text []byte) bool {
	i := bytes.Index(s.got[s.mark:], text)
	if i >= 0 {
		s.mark += i + len(text)
	}
	return i >= 0
}

func (p *tablePlay) serverStep(step tableStep) error {
	switch step.verb {
	case ":", "early:":
		found := false
		err := p.await(fatal, func() bool {
			found = p.nextRequest(step.verb == "early:")
			return found || p.beyondHope()
		})
		if err != nil || !found {
			return err
		}
		p.wait(p.current.send(step.text), step.text)
		return nil
	case "later:":
		p.running.Go(func() { p.answerLater(step.text) })
		return nil
	case "gets":
		return p.await(fatal, func() bool {
			if len(p.servers) > 0 {
				p.current = p.servers[len(p.servers)-1]
			}
			if p.current != nil && (p.current.hasGot(step.text) || p.current.over()) {
				return true
			}
			return p.beyondHope() && !p.tunnels()
		})
	}
	if p.current == nil {
		return nil // the proxy has answered by itself
	}
	switch step.verb {
	case "waits":
		return p.await(fatal, p.current.over)
	case "more:":
		p.wait(p.current.send(step.text), step.text)
	default:
		p.wait(p.current.finish(step.verb), nil)
	}
	return nil
}

// nextRequest finds a request that is not answered: one that is complete, or just a head.
func (p *tablePlay) nextRequest(early bool) bool {
	for _, s := range p.servers {
		all := s.requests()
		if s.ours == "" && len(all) > s.asked && (early || all[s.asked].complete) {
			s.asked++
			p.current = s
			return true
		}
	}
	return false
}

// answerLater answers the next request that comes, if one comes.
func (p *tablePlay) answerLater(text []byte) {
	found := false
	_ = p.await(fatal, func() bool {
		found = p.nextRequest(false)
		return found || p.beyondHope()
	})
	if found {
		p.current.send(text)
	}
}

// beyondHope tells that no further request of the client's will come: it has had its answers, or it is gone and so is
// what it had sent to a server.
func (p *tablePlay) beyondHope() bool {
	if p.client.end != "" || p.answered() {
		return true
	}
	for _, s := range p.servers {
		if !s.over() {
			return false
		}
	}
	return p.client.over() && len(p.servers) > 0
}

// methods are those of the requests that the client has sent.
func (p *tablePlay) methods() (all []string) {
	asked, _ := splitMessages(p.sent, nil, false)
	for _, m := range asked {
		method, _, _ := strings.Cut(m.start, " ")
		all = append(all, method)
	}
	if all == nil {
		return []string{"GET"} // none that can be recognised
	}
	return all
}

// answers are what the client has got, without probes.
func (p *tablePlay) answers() ([]*message, []byte) {
	got := p.client.got
	if p.upTo > 0 {
		got = got[:p.upTo]
	}
	return splitMessages(got, p.methods(), p.client.over())
}

// tunnels tells whether the client's connection has become a tunnel that is still open.
func (p *tablePlay) tunnels() bool {
	all, _ := p.answers()
	return len(all) > 0 && all[len(all)-1].framing == "tunnel" && p.client.end == ""
}

// answered tells whether every request of the client's has its complete answer.
func (p *tablePlay) answered() bool {
	all, _ := p.answers()
	n := 0
	for _, m := range all {
		if m.final() && m.complete {
			n++
		}
	}
	return n >= len(p.methods())
}

// settleClient waits for what becomes of the client's connection, and tells what the client has seen.
func (p *tablePlay) settleClient() string {
	state := p.awaitClient()
	p.mu.Lock()
	defer p.mu.Unlock()
	return tellMessages(p.answers()) + "; " + state
}

func (p *tablePlay) awaitClient() string {
	if p.client.ours == "closes" || p.client.ours == "resets" {
		return p.client.ours
	}
	_ = p.await(fatal, func() bool { return p.client.end != "" || p.answered() })
	p.mu.Lock()
	persists, ended := p.client.ours == "" && p.persists(), p.client.end != ""
	p.mu.Unlock()
	switch {
	case persists && ended:
		return "not kept"
	case persists:
		return p.probeClient()
	case p.await(fatal, func() bool { return p.client.end != "" }) != nil:
		return "open"
	case p.row.either:
		return "closed or reset"
	}
	return p.client.end
}

// persists tells whether the client may send another request: all its requests are complete, and the answers allow it.
func (p *tablePlay) persists() bool {
	all, rest := p.answers()
	asked, more := splitMessages(p.sent, nil, false)
	if len(all) == 0 || len(asked) == 0 || len(rest)+len(more) > 0 || !p.answered() {
		return false
	}
	q, a := asked[len(asked)-1], all[len(all)-1]
	switch {
	case !q.complete || !a.complete || !a.final() || a.framing == "tunnel" || a.framing == "until close":
		return false
	case a.has("Connection", "close"), q.has("Connection", "close") && len(asked) == len(p.methods()):
		return false
	}
	old := strings.HasPrefix(a.start, "HTTP/1.0") || strings.Contains(q.start, "HTTP/1.0")
	return !old || a.has("Connection", "keep-alive")
}

// probeClient sends a further request on the client's connection.
func (p *tablePlay) probeClient() string {
	p.mu.Lock()
	before := len(p.client.got)
	p.upTo = before
	p.mu.Unlock()
	p.client.send([]byte(probeHead + " HTTP/1.1\r\nHost: h\r\n\r\n"))
	probed, answer := false, ""
	err := p.await(fatal, func() bool {
		got := p.client.got[before:]
		probed = bytes.Contains(got, []byte(probeMark))
		line, _, whole := bytes.Cut(got, []byte("\r\n"))
		if whole {
			answer = string(line)
		}
		return probed || whole || p.client.end != ""
	})
	switch p.probed = probed; {
	case err != nil:
		return "open"
	case probed:
		return "kept"
	case answer != "":
		return "kept, and then " + strings.Join(strings.Fields(answer)[:2], " ")
	}
	return "not kept" // in order or by a reset: a matter of what came first
}

// probeAnew sends a request on a new connection: the proxy may use those that it has to the server for it.
func (p *tablePlay) probeAnew() error {
	_, err := askOnce(p.addr, probeHead)
	return err
}

// askOnce sends a request and reads the answer to its end. It returns its own address.
func askOnce(addr, head string) (from string, err error) {
	c, err := net.DialTimeout("tcp", addr, fatal)
	if err != nil {
		return "", err
	}
	defer c.Close()
	err = c.SetDeadline(time.Now().Add(fatal))
	_, err1 := fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", head)
	_, err2 := io.Copy(io.Discard, c)
	return c.LocalAddr().String(), errors.Join(err, err1, err2)
}

// from is the client's address.
func (p *tablePlay) from() string { return p.client.conn.LocalAddr().String() }

// settleServers waits for the end of connections that the proxy does not use any more.
func (p *tablePlay) settleServers() {
	_ = p.await(settle, func() bool {
		for _, s := range p.servers {
			if !s.kept && !s.over() {
				return false
			}
		}
		return true
	})
}

// seenByServers tells what the servers have seen. In the middle of an upgrade it is a matter of chance which generation takes up
// an idle client, and with it on which connection a request comes.
func (p *tablePlay) seenByServers() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.servers {
		if p.row.upgrades() {
			for _, m := range s.requests() {
				all = append(all, m.String())
			}
		} else if line := s.String(); line != "nothing; kept" {
			all = append(all, line)
		}
	}
	return all
}

// situation is for messages about exchanges that do not go on.
func (p *tablePlay) situation() string {
	servers := p.seenByServers()
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("so far the client got %s, the server %q", tellMessages(p.answers()), servers)
}
