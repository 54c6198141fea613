//go:build linux

package tests

import (
	"io"
	"net"
	"strings"
	"testing"
)

// startHalf is a server that ends its side when a client says "e", and else keeps it until the connection is closed.
func startHalf(t *testing.T, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var order [1]byte
				if n, _ := c.Read(order[:]); n == 1 && order[0] == 'e' {
					_ = c.(*net.TCPConn).CloseWrite()
				}
				_, _ = io.Copy(io.Discard, c)
				if order[0] == 'x' {
					<-over // the client has ended, and this side has not
				}
			}()
		}
	}()
}

// TestHalfClosedBesideHAProxy: timeout client-fin and server-fin hold when one side has ended, where the other times would be a minute; the
// log blames who was waited for.
func TestHalfClosedBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startHalf(t, p.server(0))
	all := onSameFile(t, p, "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n  timeout client-fin 300ms\n  timeout server-fin 500ms\n"+
		"listen relay\n  bind <AT>\n  option tcplog\n  option dontlognull\n  log <LOG> local0 info\n  server a <A>\n")
	bothSay(t, all, "the client has ended", "sD", func(c *contender) string {
		client := dial(t, c.at)
		client.send("x")
		if err := client.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		client.closed()
		return c.relayState()
	})
	bothSay(t, all, "the server has ended", "cD", func(c *contender) string {
		client := dial(t, c.at)
		client.send("e")
		client.closed()
		return c.relayState()
	})
}

// relayState is the termination state of the next line, which must have the form of tcplog.
func (c *contender) relayState() string {
	c.log.t.Helper()
	words := strings.Fields(c.log.next().text)
	if len(words) < 8 {
		return strings.Join(words, " ")
	}
	return words[6]
}
