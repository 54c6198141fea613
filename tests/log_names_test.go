//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// headerForm is what stands before the text of a datagram: all but the time and the process id is compared.
var headerForm = regexp.MustCompile(`^<134>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (.*)\[\d+\]: `)

// TestLogNamesBesideHAProxy: log-tag and log-send-hostname name the program and the host, and a section may have a tag of its own.
func TestLogNamesBesideHAProxy(t *testing.T) {
	t.Parallel()
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ tcp, http string }{
		"  log-tag edge\n":                                  {"edge", "web"},
		"  log-tag edge\n  log-send-hostname\n":             {own + " edge", own + " web"},
		"  log-tag edge\n  log-send-hostname lb1.example\n": {"lb1.example edge", "lb1.example web"},
	} {
		p := newPlace(t)
		startOrigin(t, "one", p.server(0))
		plain, err := net.ListenPacket("udp4", p.addr(210, 5140))
		if err != nil {
			t.Fatal(err)
		}
		all := onSameFile(t, p, name+"  log "+plain.LocalAddr().String()+" local0 info\ndefaults\n  log global\n  option dontlognull\n"+
			"  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n"+
			"listen relay\n  bind <AT>\n  option tcplog\n  server a <A>\nlisten web\n  mode http\n  log-tag web\n  bind <HOST>:8081\n  option httplog\n  server a <A>\n")
		said := func(port int) func(*contender) string {
			return func(c *contender) string {
				client := dial(t, fmt.Sprintf("%s:%d", c.host, port))
				client.get("/", 200, "Connection: close")
				client.Close()
				return headerOf(t, plain)
			}
		}
		bothSay(t, all, name+"a relay", c.tcp, said(8080))
		bothSay(t, all, name+"a request", c.http, said(8081))
		plain.Close()
	}
}

// headerOf is the names in the header of the next line about traffic.
func headerOf(t *testing.T, c net.PacketConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(settle)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if m := headerForm.FindSubmatch(buf[:n]); m != nil {
			return string(m[1])
		}
	}
}

// TestLogASAPBesideHAProxy: with the option lines are written when the response begins, with "+" before what may grow.
func TestLogASAPBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.server(0))
	startTeller(t, "tcp", p.server(1))
	all := onSameFile(t, p, "defaults\n  log <LOG> local0 info\n  option logasap\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n"+
		"listen web\n  mode http\n  bind <AT>\n  option dontlognull\n  option httplog\n  cookie S insert\n  server a <A> cookie x\nlisten relay\n  bind <HOST>:8081\n  option tcplog\n  server b <B>\n")
	bothSay(t, all, "a request", "200 ++ --NI 1/1/1/1", func(c *contender) string {
		client := dial(t, c.at)
		client.send("GET /slow/3/300 HTTP/1.1\r\nHost: a\r\n\r\n")
		h := c.log.http() // while the response is under way
		client.answer("GET")
		client.Close()
		return fmt.Sprint(h.status, " ", sign(h.timers[strings.LastIndexByte(h.timers, '/')+1:])+sign(h.bytes), " ", h.state, " ", h.counts)
	})
	bothSay(t, all, "a relay", "++ -- 1/1/1/1", func(c *contender) string {
		client := dial(t, fmt.Sprintf("%s:8081", c.host))
		client.send("x")
		client.expect(p.server(1) + " from 127.0.0.1\n")
		words := strings.Fields(c.log.next().text) // while it goes on
		client.Close()
		timers := words[4]
		return sign(timers[strings.LastIndexByte(timers, '/')+1:]) + sign(words[5]) + " " + words[6] + " " + words[7][:7]
	})
}

func sign(number string) string {
	if number[:1] == "+" {
		return "+"
	}
	return ""
}
