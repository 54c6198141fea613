//go:build linux

package tests

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// TestAbortOnCloseBesideHAProxy: with the option a client that has ended its side is not served; without, it is.
func TestAbortOnCloseBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.server(0))
	all := onSameFile(t, p, "defaults\n  mode http\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n  option httplog\n  option dontlognull\n"+
		"  log <LOG> local0 info\nlisten serves\n  bind <HOST>:8081\n  server a <A>\nlisten aborts\n  bind <AT>\n  option abortonclose\n  server a <A>\n")
	leave := func(port int, path string) func(*contender) string {
		return func(c *contender) string {
			client := dial(t, fmt.Sprintf("%s:%d", c.host, port))
			client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if err := client.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			a := client.answer("GET")
			client.closed()
			h := c.log.http()
			return fmt.Sprint(a.StatusCode, " ", h.status, " ", h.state)
		}
	}
	bothSay(t, all, "abortonclose", "400 400 CH--", leave(8080, "/delay/3000"))
	bothSay(t, all, "without", "200 200 ----", leave(8081, "/"))
}

// TestKeepAliveBesideHAProxy: option tcpka and its halves set the kernel's timer on the connections that they name, and on no others.
func TestKeepAliveBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startTeller(t, "tcp", p.server(0))
	all := onSameFile(t, p, "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n"+
		"listen none\n  bind <AT>\n  server a <A>\nlisten both\n  bind <HOST>:8081\n  option tcpka\n  server a <A>\n"+
		"listen client\n  bind <HOST>:8082\n  option clitcpka\n  server a <A>\nlisten server\n  bind <HOST>:8083\n  option srvtcpka\n  server a <A>\n"+
		"frontend in\n  bind <HOST>:8084\n  option tcpka\n  default_backend out\nbackend out\n  server a <A>\n")
	server := netip.MustParseAddrPort(p.server(0))
	for port, want := range map[int]string{8080: "", 8081: "client server", 8082: "client", 8083: "server", 8084: "client"} {
		bothSay(t, all, fmt.Sprint("port ", port), want, func(c *contender) string {
			at := fmt.Sprintf("%s:%d", c.host, port)
			client := dial(t, at)
			defer client.Close()
			client.expect(p.server(0) + " from 127.0.0.1\n")
			var kept []string
			if hasKeepAlive(t, func(s rig.Socket) bool { return s.Local.String() == at }) {
				kept = append(kept, "client")
			}
			if hasKeepAlive(t, func(s rig.Socket) bool { return s.Remote == server }) {
				kept = append(kept, "server")
			}
			return strings.Join(kept, " ")
		})
	}
}

// hasKeepAlive says whether the kernel looks for the peer of the one established socket that is meant.
func hasKeepAlive(t *testing.T, meant func(rig.Socket) bool) bool {
	t.Helper()
	var found []rig.Socket
	if !soon(func() bool { // the last one may not have ended yet, or an acknowledgement be on its way
		var err error
		found, err = rig.Sockets(func(s rig.Socket) bool { return s.State == rig.Established && meant(s) })
		return err == nil && len(found) == 1 && (found[0].Timer == rig.NoTimer || found[0].Timer == rig.KeepAlive)
	}) {
		t.Fatalf("sockets: %+v", found)
	}
	return found[0].Timer == rig.KeepAlive
}

// TestNoLingerBesideHAProxy: with the option nothing waits in the kernel for a client that keeps its side open, which without it is so.
func TestNoLingerBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.server(0))
	startTeller(t, "tcp", p.server(1))
	all := onSameFile(t, p, "defaults\n  mode http\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n  timeout http-keep-alive 300ms\n"+
		"listen waits\n  bind <AT>\n  server a <A>\nlisten resets\n  bind <HOST>:8081\n  option nolinger\n  server a <A>\n"+
		"listen relay\n  mode tcp\n  bind <HOST>:8082\n  server b <B>\nlisten relay-resets\n  mode tcp\n  bind <HOST>:8083\n  option nolinger\n  server b <B>\n")
	const finWait2 = 5
	for port, want := range map[int]string{8080: "waits", 8081: "gone"} {
		bothSay(t, all, fmt.Sprint("port ", port), want, func(c *contender) string {
			client := dial(t, fmt.Sprintf("%s:%d", c.host, port))
			client.get("/bytes/100000", 200)
			client.closedInOrder()
			self := netip.MustParseAddrPort(client.LocalAddr().String())
			var found []rig.Socket
			if !soon(func() bool {
				var err error
				found, err = rig.Sockets(func(s rig.Socket) bool { return s.Remote == self && s.Local.Addr().String() == c.host })
				return err == nil && (len(found) == 0 || found[0].State == finWait2)
			}) {
				t.Fatalf("sockets: %+v", found)
			}
			return map[bool]string{true: "gone", false: "waits"}[len(found) == 0]
		})
	}
	for port, want := range map[int]string{8082: "EOF", 8083: "reset"} {
		bothSay(t, all, fmt.Sprint("port ", port), want, func(c *contender) string {
			client := dial(t, fmt.Sprintf("%s:%d", c.host, port))
			client.expect(p.server(1) + " from 127.0.0.1\n")
			if err := client.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			client.deadline(settle)
			_, err := client.r.ReadByte()
			if errors.Is(err, syscall.ECONNRESET) {
				return "reset"
			}
			return fmt.Sprint(err)
		})
	}
}
