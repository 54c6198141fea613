//go:build linux

package tests

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// raw is a client that sends exactly the bytes that it is told to. Every operation has a deadline.
type raw struct {
	*net.TCPConn
	t *testing.T
	r *bufio.Reader
}

// dial connects; the connection is closed at the end of the test.
func dial(t *testing.T, addr string) *raw {
	t.Helper()
	return dialFrom(t, "", addr)
}

// dialFrom connects from an address of this machine; "" is any.
func dialFrom(t *testing.T, from, addr string) *raw {
	t.Helper()
	d := net.Dialer{Timeout: settle}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &raw{c.(*net.TCPConn), t, bufio.NewReader(c)}
}

// send writes text.
func (c *raw) send(text string) {
	c.t.Helper()
	c.deadline(settle)
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatalf("cannot send: %v", err)
	}
}

func (c *raw) deadline(d time.Duration) {
	if err := c.SetDeadline(time.Now().Add(d)); err != nil {
		c.t.Fatal(err)
	}
}

// answer is a response with its body.
type answer struct {
	*http.Response
	body string
}

// answer reads the next final response to a request of the given method, body included.
func (c *raw) answer(method string) answer {
	c.t.Helper()
	a, err := c.read(method)
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	return a
}

func (c *raw) read(method string) (answer, error) {
	c.deadline(settle)
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	if method == "CONNECT" && resp.StatusCode/100 == 2 {
		return answer{Response: resp}, nil // what follows is the tunnel
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp, string(body)}, err
}

// bytes reads the next response to a request of the given method and returns it as it came. Bytes that follow it show as
// a part of it. When the response ends the connection, that must end in order.
func (c *raw) bytes(method string) (text string, last bool) {
	c.t.Helper()
	c.deadline(settle)
	var seen bytes.Buffer
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c.r, &seen)), &http.Request{Method: method})
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	if err != nil {
		c.t.Fatalf("no answer: %v, only %q", err, seen.String())
	}
	if resp.Close {
		c.closedInOrder()
	}
	return seen.String(), resp.Close
}

// get sends a GET and reads its answer, which must have the wanted status.
func (c *raw) get(path string, status int, fields ...string) answer {
	c.t.Helper()
	c.send("GET " + path + " HTTP/1.1\r\nHost: raw\r\n" + lines(fields) + "\r\n")
	a := c.answer("GET")
	if a.StatusCode != status {
		c.t.Fatalf("GET %s: status %d, want %d; body %q", path, a.StatusCode, status, a.body)
	}
	return a
}

func lines(fields []string) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	return b.String()
}

// expect reads exactly the given text.
func (c *raw) expect(text string) {
	c.t.Helper()
	c.deadline(settle)
	got := make([]byte, len(text))
	n, err := io.ReadFull(c.r, got)
	if err != nil || string(got) != text {
		c.t.Fatalf("read %q, %v, want %q", got[:n], err, text)
	}
}

// closed proves that nothing more comes but the end of the connection, in order or by a reset.
func (c *raw) closed() {
	c.t.Helper()
	c.deadline(settle)
	rest, err := io.ReadAll(c.r)
	if len(rest) > 0 {
		c.t.Fatalf("more bytes instead of the end: %q", rest)
	}
	if timedOut(err) {
		c.t.Fatal("the connection was not closed")
	}
}

// timedOut tells whether our own deadline made an operation fail.
func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// closedInOrder proves that the connection ends with a FIN: a reset could cost a client bytes that it has not read.
func (c *raw) closedInOrder() {
	c.t.Helper()
	c.deadline(settle)
	rest, err := io.ReadAll(c.r)
	if len(rest) > 0 || err != nil {
		c.t.Fatalf("%q, %v instead of the end of the connection", rest, err)
	}
}

// silent proves that nothing comes, not even the end, for a while.
func (c *raw) silent(d time.Duration) {
	c.t.Helper()
	c.deadline(d)
	b, err := c.r.ReadByte()
	if !timedOut(err) {
		c.t.Fatalf("read %q, %v, want silence", b, err)
	}
}
