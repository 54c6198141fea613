package logsink

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/syslog"
)

// listen starts a reader.
func listen(t *testing.T, network, address string) net.PacketConn {
	t.Helper()
	if network == "unixgram" {
		_ = os.Remove(address) // what an earlier one has left
	}
	c, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// read is the next line of a reader.
func read(t *testing.T, c net.PacketConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, _, err := c.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func dial(t *testing.T, network, address string) int {
	t.Helper()
	fd, err := syslog.Dial(syslog.Target{Network: network, Address: address})
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// to are the sinks of a configuration that logs there.
func to(reopen func(), files map[string]io.Writer, targets ...conf.LogTarget) (*Sinks, []*Sink) {
	s := New(&conf.Config{Global: conf.Global{Log: targets}}, files, reopen)
	var all []*Sink
	for _, t := range targets {
		all = append(all, s.Of(t))
	}
	return s, all
}

// TestUDPReaderComesBack: the first line after that arrives, and the one before, which found nobody, is told of.
func TestUDPReaderComesBack(t *testing.T) {
	const address = "127.54.0.20:5140"
	s, k := to(nil, nil, conf.LogTarget{Target: "udp", Address: address})
	defer s.Close()
	s.SetSockets([]int{dial(t, "udp", address)})
	s.Write(k[0], []byte("nobody is there\n"), 0)
	c := listen(t, "udp", address)
	if s.Write(k[0], []byte("first\n"), 0) {
		t.Error("nothing has been lost")
	}
	if !s.Write(k[0], []byte("second\n"), 0) {
		t.Error("something has been lost")
	}
	if got := read(t, c) + read(t, c); got != "first\nsecond\n" {
		t.Errorf("%q", got)
	}
}

// TestUnixReaderComesBack: another socket is asked for, once in a while.
func TestUnixReaderComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	asked := 0
	s, k := to(func() { asked++ }, nil, conf.LogTarget{Target: "unix", Address: path})
	defer s.Close()
	c := listen(t, "unixgram", path)
	s.SetSockets([]int{dial(t, "unix", path)})
	if !s.Write(k[0], []byte("first\n"), 0) || k[0].Broken() || read(t, c) != "first\n" {
		t.Error("the first line has been lost")
	}
	c.Close()
	for _, at := range []struct {
		now  int64
		want int // how often it has asked by then
	}{{500, 1}, {500, 1}, {1499, 1}, {1500, 2}, {2499, 2}} {
		if s.Write(k[0], []byte("nobody is there\n"), at.now) || !k[0].Broken() {
			t.Error("a line has been taken that nobody reads")
		}
		if asked != at.want {
			t.Errorf("asked %d times until %d ms, want %d", asked, at.now, at.want)
		}
	}
	c = listen(t, "unixgram", path)
	s.SetSockets([]int{dial(t, "unix", path), dial(t, "unix", path)}) // one more than there are targets
	if !s.Write(k[0], []byte("again\n"), 2500) || k[0].Broken() || read(t, c) != "again\n" {
		t.Error("the line after that has been lost")
	}
}

// TestFilesAndSockets: sockets are those of the targets that are none of the files.
func TestFilesAndSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := listen(t, "unixgram", path)
	var stdout bytes.Buffer
	s, k := to(nil, map[string]io.Writer{"stdout": &stdout},
		conf.LogTarget{Target: "stdout"}, conf.LogTarget{Target: "unix", Address: path}, conf.LogTarget{Target: "stderr"})
	defer s.Close()
	s.SetSockets([]int{dial(t, "unix", path)})
	var taken []string
	for i, name := range []string{"stdout", "socket", "stderr"} {
		if s.Write(k[i], []byte(name+"\n"), 0) {
			taken = append(taken, name)
		}
	}
	if got := strings.Join(taken, " "); got != "stdout socket" {
		t.Errorf("taken by %s", got)
	}
	k[0].pump.Flush()
	if got := stdout.String() + read(t, c); got != "stdout\nsocket\n" {
		t.Errorf("%q", got)
	}
}
