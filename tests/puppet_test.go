//go:build linux

package tests

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// puppets are servers that do nothing by themselves: they show every byte of a request to the test, which says every
// byte of the answer.
type puppets struct {
	t      *testing.T
	visits chan *visit
	heads  atomic.Int64  // requests whose head has come, whether their bodies come or not
	over   chan struct{} // closed at the end of the test
}

// visit is a request that has reached a puppet. Its connection waits for one of answer and cut.
type visit struct {
	server  string // name of the puppet
	request string // its bytes, the body included
	conn    *net.TCPConn
	closes  bool      // the request wants the connection to end after the answer
	goesOn  chan bool // what is to become of the connection
	t       *testing.T
}

// newPuppets describes a site of n puppets, webA, webB and so on, each with its letter as cookie value.
func newPuppets(t *testing.T, n int) (site, *puppets) {
	t.Helper()
	s := site{place: newPlace(t)}
	ps := &puppets{t: t, visits: make(chan *visit), over: make(chan struct{})}
	for i := range n {
		letter := string(rune('A' + i))
		ps.start("web"+letter, s.place.server(i))
		s.servers = append(s.servers, target{"web" + letter, s.place.server(i), cookieOf(letter)})
	}
	t.Cleanup(func() { close(ps.over) })
	return s, ps
}

// start adds one puppet. It lives until the end of the test.
func (ps *puppets) start(name, addr string) {
	ps.t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		ps.t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { ps.serve(name, c.(*net.TCPConn)) })
		}
	})
	ps.t.Cleanup(func() {
		l.Close()
		running.Wait() // the balancer is gone, and with it the other end of every connection
	})
}

func (ps *puppets) serve(name string, c *net.TCPConn) {
	defer c.Close()
	for {
		v, err := ps.receive(c)
		if err != nil {
			return
		}
		v.server, v.t = name, ps.t
		select {
		case ps.visits <- v:
		case <-ps.over:
			return
		}
		select {
		case on := <-v.goesOn:
			if !on {
				return
			}
		case <-ps.over:
			return
		}
	}
}

// receive reads one request. Bytes that follow it show as a part of it.
func (ps *puppets) receive(c *net.TCPConn) (*visit, error) {
	if err := c.SetDeadline(time.Now().Add(fatal)); err != nil {
		return nil, err
	}
	var seen bytes.Buffer
	q, err := http.ReadRequest(bufio.NewReader(io.TeeReader(c, &seen)))
	if err != nil {
		return nil, err
	}
	ps.heads.Add(1)
	_, err = io.Copy(io.Discard, q.Body)
	return &visit{request: seen.String(), conn: c, closes: q.Close, goesOn: make(chan bool, 1)}, err
}

// next waits for a request at any of the puppets.
func (ps *puppets) next() *visit {
	ps.t.Helper()
	select {
	case v := <-ps.visits:
		return v
	case <-time.After(settle):
		ps.t.Fatal("no request has reached a server")
		return nil
	}
}

// answer sends text, and ends the connection if the request wanted it or the text, as HTTP, says so.
func (v *visit) answer(text string) {
	v.t.Helper()
	if _, err := io.WriteString(v.conn, text); err != nil {
		v.t.Fatalf("%s cannot answer: %v", v.server, err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	v.goesOn <- err == nil && !resp.Close && !v.closes
}

// cut sends text, which may be empty, and ends the connection.
func (v *visit) cut(text string) {
	v.t.Helper()
	if _, err := io.WriteString(v.conn, text); err != nil {
		v.t.Fatalf("%s cannot answer: %v", v.server, err)
	}
	v.goesOn <- false
}

// abandoned waits until the balancer ends the connection.
func (v *visit) abandoned() {
	v.t.Helper()
	if _, err := io.Copy(io.Discard, v.conn); timedOut(err) {
		v.t.Errorf("nobody ends the connection to %s", v.server)
	}
	v.goesOn <- false
}
