//go:build linux

package tests

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// tableSide is one connection of an exchange, as its client or its server has it. Reading and writing go on by themselves, so that
// neither side of a proxy waits for the script. What changes is guarded by the play's mu.
type tableSide struct {
	play  *tablePlay
	conn  *net.TCPConn
	todo  chan func() // writes and ends, in order
	got   []byte
	end   string // how the peer has ended it: "", "closed", "reset"
	ours  string // how we have: "", "ends", "closes", "resets"
	mark  int    // up to where the script has looked at got
	asked int    // requests that the script has taken notice of
	probe int    // up to where got has no probe that is not answered
	kept  bool   // a probe has come
}

// Probes find out whether a connection goes on. Servers answer them by themselves.
const (
	probeHead   = "GET /probe"
	probeAnswer = "HTTP/1.1 200 Probe\r\nContent-Length: 0\r\n\r\n"
	probeMark   = "HTTP/1.1 200 Probe\r\n"
)

func (p *tablePlay) newSide(c net.Conn) *tableSide {
	s := &tableSide{play: p, conn: c.(*net.TCPConn), todo: make(chan func(), 64)}
	p.running.Go(s.read)
	p.running.Go(func() {
		for f := range s.todo {
			f()
		}
	})
	return s
}

// read collects what comes until the end.
func (s *tableSide) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.conn.Read(buf)
		s.play.change(func() {
			s.got = append(s.got, buf[:n]...)
			s.answerProbes()
			if err != nil && s.ours != "closes" && s.ours != "resets" {
				s.end = "closed"
				if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
					s.end = "reset"
				}
			}
		})
		if err != nil {
			return
		}
	}
}

// answerProbes answers them on a server's connection.
func (s *tableSide) answerProbes() {
	for s != s.play.client {
		i := bytes.Index(s.got[s.probe:], []byte(probeHead))
		if i < 0 {
			s.probe = max(s.probe, len(s.got)-len(probeHead))
			return
		}
		end := bytes.Index(s.got[s.probe+i:], []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		s.kept = true
		s.probe += i + end
		s.send([]byte(probeAnswer))
	}
}

// send writes in its turn; done is closed then.
func (s *tableSide) send(text []byte) (done chan struct{}) {
	return s.do(func() {
		_ = s.conn.SetWriteDeadline(time.Now().Add(fatal))
		_, _ = s.conn.Write(text) // a peer that takes no more shows in what is seen
	})
}

// do appends to what is to be done.
func (s *tableSide) do(f func()) (done chan struct{}) {
	done = make(chan struct{})
	s.todo <- func() { f(); close(done) }
	return done
}

// finish ends the connection in one of the ways of tableVerbs.
func (s *tableSide) finish(how string) (done chan struct{}) {
	return s.do(func() {
		s.play.change(func() { s.ours = how })
		switch how {
		case "ends":
			_ = s.conn.CloseWrite()
		case "closes":
			_ = s.conn.Close()
		case "resets":
			_ = s.conn.SetLinger(0)
			_ = s.conn.Close()
		}
	})
}

// over tells that nothing more comes.
func (s *tableSide) over() bool { return s.end != "" || s.ours == "closes" || s.ours == "resets" }

// requests are those that a server's connection has got, without probes.
func (s *tableSide) requests() []*message {
	got, _, probed := bytes.Cut(s.got, []byte(probeHead))
	all, _ := splitMessages(got, nil, probed || s.over())
	return all
}

// String tells what a row says of a server's connection.
func (s *tableSide) String() string {
	got, _, probed := bytes.Cut(s.got, []byte(probeHead))
	all, rest := splitMessages(got, nil, probed || s.over())
	return tellMessages(all, rest) + "; " + s.state()
}

func (s *tableSide) state() string {
	switch {
	case s.kept:
		return "kept"
	case s.ours == "closes" || s.ours == "resets":
		return s.ours
	case s.end != "" && s.play.row.either:
		return "closed or reset"
	case s.end != "":
		return s.end
	}
	return "open"
}

func tellMessages(all []*message, rest []byte) string {
	var words []string
	for _, m := range all {
		words = append(words, m.String())
	}
	if len(rest) > 0 {
		words = append(words, "bytes "+quoteBody(rest))
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, " + ")
}

// tablePlay is a row that is being played to one proxy.
type tablePlay struct {
	row      *tableRow
	upgrade  func() error
	logged   func()           // waits until the proxy has logged the exchange, when it is over with it
	addr     string           // of the proxy
	listener *net.TCPListener // of the server; nil: nobody is there

	running sync.WaitGroup
	mu      sync.Mutex
	changed chan struct{} // closed and replaced with every change; guarded by mu
	client  *tableSide
	servers []*tableSide // guarded by mu
	current *tableSide   // the one that a server's steps act on
	sent    []byte       // by the client
	probed  bool         // the client's connection has carried a probe
	upTo    int          // what the client got before it; 0: none was sent
}

// change does something, and lets those who wait look again.
func (p *tablePlay) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

// await waits until ok; it is called with mu held.
func (p *tablePlay) await(limit time.Duration, ok func() bool) error {
	deadline := time.After(limit)
	for {
		p.mu.Lock()
		is, changed := ok(), p.changed
		p.mu.Unlock()
		if is {
			return nil
		}
		select {
		case <-changed:
		case <-deadline:
			return os.ErrDeadlineExceeded
		}
	}
}
