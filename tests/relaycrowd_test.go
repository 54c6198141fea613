//go:build linux

package tests

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// Two workers hold many relayed connections, of which none is refused and every one works, and an idle one costs them no more
// than 2 KiB.
func TestRelayCrowd(t *testing.T) {
	t.Parallel()
	holdRelays(t, 2000)
}

// holdRelays holds that many connections open at the same time.
func holdRelays(t *testing.T, n int) {
	t.Helper()
	if _, hard := limits(t, 0); hard < uint64(n)+1000 {
		t.Skipf("the limit of open files is %d", hard)
	}
	s := site{place: newPlace(t), mode: "tcp", workers: 2, global: fmt.Sprintf("maxconn = %d", n)}
	s.listen = fmt.Sprintf("maxconn = %d", n)
	s.timeout = `{ connect = "10s", client = "300s", server = "300s" }`
	s.servers = []target{{"a", s.place.server(0), ""}}
	startCrowdServer(t, s.place.server(0))
	b := s.run(t)
	workers, fds := b.workers(), b.fds()
	memory := b.sum(rig.Memory)
	var all []net.Conn
	defer func() {
		for _, c := range all {
			c.Close()
		}
	}()
	for range n {
		c, err := net.DialTimeout("tcp", s.place.front(), settle)
		if err != nil {
			t.Fatalf("connection %d: %v", len(all), err)
		}
		all = append(all, c)
		echo(t, c, "x")
	}
	if held := b.fds() - fds; held < 2*n {
		t.Errorf("the workers hold %d descriptors for %d connections", held, n)
	}
	each := (b.sum(rig.Memory) - memory) / int64(n)
	t.Logf("%d bytes of worker memory for each of %d idle connections", each, n)
	if each > 2<<10 {
		t.Errorf("an idle connection costs %d bytes", each)
	}
	for _, c := range all {
		echo(t, c, strings.Repeat("x", 1000))
	}
	for _, c := range all {
		c.Close()
	}
	if !soon(func() bool { return b.fds() <= fds }) {
		t.Errorf("the workers hold %d descriptors, at the start it was %d", b.fds(), fds)
	}
	b.sameWorkers(workers)
}

func echo(t *testing.T, c net.Conn, text string) {
	t.Helper()
	c.SetDeadline(time.Now().Add(fatal))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("%q came back, %v", got, err)
	}
}

// startCrowdServer starts a server in a process of its own, which has a limit of open files of its own.
func startCrowdServer(t *testing.T, addr string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := rig.Start("server", []string{self}, crowdServer+"="+addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Signal(9)
		p.Wait(settle)
	})
	if err := p.Ready(settle, func() bool { return rig.Connectable(addr) }); err != nil {
		t.Fatal(err)
	}
}

// crowdServer is the variable that makes TestMain a server at the address in it.
const crowdServer = "CROWD_SERVER"

// serveCrowd echoes until its process is killed, with little memory for each connection.
func serveCrowd(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			small := make([]byte, 256)
			for {
				n, err := c.Read(small)
				if err != nil {
					return
				}
				if _, err := c.Write(small[:n]); err != nil {
					return
				}
			}
		}()
	}
}
