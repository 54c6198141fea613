package proxy

import (
	"net"
	"testing"
)

// A socket that is lent for a frontend which has left is closed: the address would be served for ever.
func TestLentTooLate(t *testing.T) {
	f := start(t, "127.61.0.41", nil, noContent)
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n") // keeps the worker
	const address = "127.61.0.42"
	f.do(func() {
		f.proxy.Drain()
		if err := f.proxy.Listen(1, 0, 0, listenOn(t, address, 8000)); err != nil {
			t.Error(err)
		}
	})
	if c, err := net.Dial("tcp", address+":8000"); err == nil {
		c.Close()
		t.Error("somebody listens for a frontend that has left")
	}
}
