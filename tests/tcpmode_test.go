//go:build linux

package tests

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// tellers are servers that say to whom a connection was made and from where it came, and then echo.
func startTeller(t *testing.T, network, address string) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				from, _, _ := net.SplitHostPort(c.RemoteAddr().String())
				fmt.Fprintf(c, "%v from %v\n", c.LocalAddr(), from)
				io.Copy(c, c)
			}()
		}
	}()
}

// told is what a teller says to a client that connects to an address.
func told(t *testing.T, network, address string) string {
	t.Helper()
	c, err := net.DialTimeout(network, address, settle)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(settle))
	buf := make([]byte, 200)
	n, err := c.Read(buf)
	if err != nil {
		t.Errorf("%s: %v", address, err)
	}
	return strings.TrimSuffix(string(buf[:n]), "\n")
}

// The guide, section 2.2: several ports and ranges lead to the same ports of the servers; and the other ways to be reached
// and to reach: shifted ports, IPv6, unix sockets, source addresses, a dispatch.
func TestPorts(t *testing.T) {
	t.Parallel()
	p, dir := newPlace(t), t.TempDir()
	host, farm := p.host(1), p.host(11)
	for _, port := range []int{3389, 1494, 5901, 5902, 13389} {
		startTeller(t, "tcp", fmt.Sprintf("%s:%d", farm, port))
	}
	startTeller(t, "unix", filepath.Join(dir, "server"))
	six := fmt.Sprintf("[::1]:%d", 20000+p.a*100+p.b)
	b := launch(t, p, fmt.Sprintf(`
[global]
workers = 2
[defaults]
mode = "tcp"
[listen.tse-farm]
bind = "%[1]s:3389,%[1]s:1494,%[1]s:5901-5902"
server = [{ name = "a", address = "%[2]s", source = "%[3]s" }]
[listen.shifted]
bind = "%[1]s:3390"
server = [{ name = "a", address = "%[2]s:-1" }]
[listen.shifted-more]
bind = "%[1]s:3489"
server = [{ name = "a", address = "%[2]s:+9900" }]
[listen.files]
bind = ["unix:%[4]s/front", "%[5]s"]
server = [{ name = "a", address = "unix:%[4]s/server" }]
[listen.dispatch]
bind = "%[1]s:25"
source = "%[3]s"
dispatch = "%[2]s:1494"
`, host, farm, p.host(5), dir, six))
	b.awaitReady()
	for _, tt := range []struct{ network, at, want string }{
		{"tcp", host + ":3389", farm + ":3389 from " + p.host(5)},
		{"tcp", host + ":1494", farm + ":1494 from " + p.host(5)},
		{"tcp", host + ":5901", farm + ":5901 from " + p.host(5)},
		{"tcp", host + ":5902", farm + ":5902 from " + p.host(5)},
		{"tcp", host + ":3390", farm + ":3389 from 127.0.0.1"},
		{"tcp", host + ":3489", farm + ":13389 from 127.0.0.1"},
		{"unix", dir + "/front", dir + "/server from "},
		{"tcp", six, dir + "/server from "},
		{"tcp", host + ":25", farm + ":1494 from " + p.host(5)},
	} {
		for range 3 {
			if got := told(t, tt.network, tt.at); got != tt.want {
				t.Errorf("%s leads to %q, want %q", tt.at, got, tt.want)
			}
		}
	}
}

// The guide, section 6: source addresses for each server spread the connections, each from 28,000 ports of its own.
func TestBalanceOverSources(t *testing.T) {
	t.Parallel()
	s := site{place: newPlace(t), mode: "tcp"}
	startTeller(t, "tcp", s.place.server(0))
	want := make(map[string]int)
	for i := range 3 {
		source := s.place.host(21 + i)
		want[s.place.server(0)+" from "+source] = 4
		s.servers = append(s.servers, target{fmt.Sprintf("s%d", i), s.place.server(0), fmt.Sprintf("source = %q", source)})
	}
	s.run(t)
	for range 12 {
		want[told(t, "tcp", s.place.front())]--
	}
	for who, n := range want {
		if n != 0 {
			t.Errorf("%d connections less than expected to %s", n, who)
		}
	}
}

// Without descriptors nothing is accepted until there are some again. That is said once, and nobody spins meanwhile.
func TestRelaysWithoutDescriptors(t *testing.T) {
	t.Parallel()
	s := site{place: newPlace(t), mode: "tcp"}
	log := newSink(t, s.place)
	s.global = "ulimit_n = 60\n" + log.target()
	startTeller(t, "tcp", s.place.server(0))
	s.servers = []target{{"a", s.place.server(0), ""}}
	b := s.run(t)
	worker := b.workers()
	var crowd []*raw
	for range 60 {
		crowd = append(crowd, dial(t, s.place.front()))
	}
	const line = "cannot accept for web"
	if err := b.Ready(settle, func() bool { return b.Stderr.Has(line) }); err != nil {
		t.Fatal(err)
	}
	before := rig.ReadCPU(worker...)
	rig.Until(500*time.Millisecond, func() bool { return false })
	if used := rig.ReadCPU(worker...).Sub(before).Total(); used > 100*time.Millisecond {
		t.Errorf("%v of processor time within 500 ms of waiting for a descriptor", used)
	}
	for _, c := range crowd { // who leaves makes room for others
		c.Close()
	}
	if want := s.place.server(0) + " from 127.0.0.1"; !soon(func() bool { return told(t, "tcp", s.place.front()) == want }) {
		t.Error("it does not serve again")
	}
	if n := strings.Count(b.Stderr.String(), line); n != 1 {
		t.Errorf("said %d times that it cannot accept", n)
	}
	log.notice(warningLevel, fmt.Sprintf("worker reports: worker=0 pid=%d what=\"%s: ", worker[0], line))
	b.sameWorkers(worker)
}
