//go:build linux

package tests

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// No local port is left for connections to a server. That says nothing about the server: its state stays, what is missing is reported
// once, and requests go over the connections that are there.
func TestNoLocalPorts(t *testing.T) {
	t.Parallel()
	const clients = 4
	s := site{place: newPlace(t)}
	s.servers = []target{{"webA", s.place.server(0), checked(50*time.Millisecond, "fall = 1")}}
	b := launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
		const shell = `ip link set lo up && echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"`
		return rig.Start("lbmaster", append([]string{"unshare", "-n", "--", "sh", "-c", shell, "sh"}, argv...), env...)
	})
	b.awaitReady()
	n := enterNetwork(t, b.Pid)
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })}
	go web.Serve(n.listen(t, "tcp", s.place.server(0)))
	t.Cleanup(func() { web.Close() })
	dialHere := func(addr string) (net.Conn, error) { return n.dial("tcp", addr, settle) }

	var all []*raw
	for range clients {
		c, err := dialHere(s.place.front())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		all = append(all, &raw{c.(*net.TCPConn), t, bufio.NewReader(c)})
	}
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	status := func(c *raw) int {
		a, err := c.read("GET")
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode
	}
	// The server was down until it listened. All at once, so that each has a connection to it in the end.
	if !soon(func() bool {
		good := 0
		for _, c := range all {
			c.send(get)
		}
		for _, c := range all {
			if status(c) == 200 {
				good++
			}
		}
		return good == clients
	}) {
		t.Fatal("the server is not found")
	}
	b.Stderr.Forget()
	var taken []net.Conn
	for {
		c, err := dialHere(s.place.server(0))
		if err != nil {
			break
		}
		taken = append(taken, c)
	}
	b.says("checks cannot be made: ")
	for round := range 20 {
		for i, c := range all {
			c.send(get)
			if code := status(c); code != 200 {
				t.Fatalf("round %d, client %d: status %d", round, i, code)
			}
		}
		if c, err := dialHere(s.place.server(0)); err == nil { // a check has just given one back
			taken = append(taken, c)
		}
	}
	for _, c := range taken {
		c.Close()
	}
	said := b.Stderr.String()
	if n := strings.Count(said, "checks cannot be made"); n != 1 {
		t.Errorf("what is missing is reported %d times:\n%s", n, said)
	}
	if strings.Contains(said, "is DOWN") {
		t.Errorf("the server is blamed:\n%s", said)
	}
}
