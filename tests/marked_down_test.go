//go:build linux

package tests

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

// TestMarkedDownBesideHAProxy: what runs on a server whose check fails ends, if that is asked for, although the server itself goes on.
func TestMarkedDownBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startTeller(t, "tcp", p.server(0))
	startOrigin(t, "one", p.server(1))
	var health []net.Listener
	for i := range 2 {
		l, err := net.Listen("tcp", p.addr(11+i, 9001))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		health = append(health, l)
	}
	all := onSameFile(t, p, "defaults\n  log <LOG> local0 info\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n  retries 0\n"+
		"  default-server check port 9001 inter 50ms fall 1\n"+
		"listen relay\n  bind <HOST>:8081\n  option tcplog\n  server a <A> on-marked-down shutdown-sessions\n"+
		"listen stays\n  bind <HOST>:8082\n  option tcplog\n  server a <A>\n"+
		"listen web\n  mode http\n  option dontlognull\n  bind <AT>\n  option httplog\n  server b <B> on-marked-down shutdown-sessions\n")
	hello := p.server(0) + " from 127.0.0.1\n"
	clients := make(map[string][3]*raw)
	for _, c := range all {
		relay, stays, web := dial(t, c.host+":8081"), dial(t, c.host+":8082"), dial(t, c.at)
		relay.expect(hello)
		stays.expect(hello)
		web.send("GET /delay/30000 HTTP/1.1\r\nHost: a\r\n\r\n")
		clients[c.name] = [3]*raw{relay, stays, web}
	}
	for _, l := range health {
		l.Close()
	}
	bothSay(t, all, "what has become of the clients", "relay: D-, web: 502 DH--, stays", func(c *contender) string {
		relay, stays, web := clients[c.name][0], clients[c.name][1], clients[c.name][2]
		relay.closedInOrder()
		status := web.answer("GET").StatusCode
		stays.send("still there\n")
		stays.expect("still there\n")
		said := []string{"stays"}
		for range 2 {
			l := c.log.next()
			if h, ok := parseHTTPLine(l.text); ok {
				said = append(said, fmt.Sprintf("web: %d %s", status, h.state))
			} else {
				said = append(said, "relay: "+strings.Fields(l.text)[6])
			}
		}
		slices.Sort(said)
		return strings.Join([]string{said[0], said[2], said[1]}, ", ")
	})
}
