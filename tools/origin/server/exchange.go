package server

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"time"
)

// linger is how long a connection that the server ends may still send what nobody reads.
const linger = 2 * time.Second

// after says what becomes of the connection after an answer.
type after uint8

const (
	keep   after = iota // read the rest of the request's body, then the next request
	finish              // close in order: the peer gets all that was written
	cut                 // close at once; unread bytes make that a reset
	reset               // always reset
)

// connection is one client of the server.
type connection struct {
	s *Server
	c net.Conn
	r *bufio.Reader
	w *bufio.Writer
	n int // requests, the present one included
}

// exchange is one request and its answer.
type exchange struct {
	*connection
	*request
	content  io.Reader // the request's body
	length   int64     // of the body, -1: not known
	expected bool      // the client waits for "100 Continue" before it sends the body
	then     after
}

func (s *Server) serveHTTP(c net.Conn) {
	k := &connection{s: s, c: c, r: bufio.NewReader(c), w: bufio.NewWriter(c)}
	for {
		switch k.serve() {
		case keep:
			continue
		case finish:
			k.lingeringClose()
		case reset:
			if t, ok := c.(*net.TCPConn); ok {
				t.SetLinger(0)
			}
		}
		c.Close()
		return
	}
}

// serve answers one request.
func (k *connection) serve() after {
	head, err := readHead(k.r)
	if err != nil && len(bytes.TrimSpace(head)) == 0 {
		return cut // the client has nothing to ask
	}
	if err != nil {
		return k.refuse(err)
	}
	q, err := parse(head)
	if err != nil {
		return k.refuse(err)
	}
	x := &exchange{connection: k, request: q}
	if x.content, x.length, err = q.body(k.r); err != nil {
		return k.refuse(err)
	}
	k.n++
	x.answer()
	if x.then == keep && x.discard() != nil {
		x.then = cut
	}
	if x.w.Flush() != nil {
		return cut
	}
	return x.then
}

// answer lets the path's handler answer.
func (x *exchange) answer() {
	if !x.keeps() {
		x.then = finish
	}
	x.expected = x.lists("Expect", "100-continue")
	h := x.handler()
	if !h.quiet {
		x.s.count.requests.Add(1)
		x.s.count.running.up()
		defer x.s.count.running.down()
		x.s.seen.look(x.raw)
	}
	if !h.reads && x.discard() != nil {
		x.then = cut
		return
	}
	h.answer(x)
}

// Read reads the body. A client that waits to be asked for it is asked.
func (x *exchange) Read(p []byte) (int, error) {
	if err := x.invite(); err != nil {
		return 0, err
	}
	n, err := x.content.Read(p)
	if err != nil && err != io.EOF {
		x.s.count.bad.Add(1)
	}
	return n, err
}

// invite asks the client for the body, if it waits for that. It must come before the head of the answer.
func (x *exchange) invite() error {
	if !x.expected || x.length == 0 {
		return nil
	}
	x.expected = false
	return x.send("HTTP/1.1 100 Continue\r\n\r\n")
}

// discard reads the body, or what is left of it, and forgets it.
func (x *exchange) discard() error {
	if x.length == 0 {
		return nil
	}
	_, err := io.Copy(io.Discard, struct{ io.Reader }{x})
	return err
}

// refuse answers what is not a request.
func (k *connection) refuse(err error) after {
	k.s.count.bad.Add(1)
	q := &request{method: "GET", minor: 1}
	x := &exchange{connection: k, request: q, then: finish}
	x.text(400, err.Error()+"\n")
	k.w.Flush()
	return finish
}

// lingeringClose ends the sending side and waits a while for the client's end, so that the client's late bytes do not make
// the kernel reset the connection and throw away what the client has not read yet (RFC 9112 section 9.6).
func (k *connection) lingeringClose() {
	if c, ok := k.c.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
	k.c.SetReadDeadline(time.Now().Add(linger))
	io.Copy(io.Discard, struct{ io.Reader }{k.r})
}
