//go:build linux

package tests

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

const (
	hello    = "\x16\x03\x01\x02\x00\x01\x00"
	oddField = "GET / HTTP/1.1\r\nHost: a\r\nCookie: abc=\"d\\e\"\r\nFoo bar: \xff\x00\ttab\r\n\r\nrest"
	banner   = "HTTP/1.1 200 OK\r\nX y: \x1b[31m\r\n\r\n"
)

// refused sends a bad request and returns from where.
func refused(t *testing.T, addr, text string) string {
	t.Helper()
	c := dial(t, addr)
	c.send(text)
	if a := c.answer("GET"); a.StatusCode != 400 {
		t.Errorf("%q: status %d, want 400", text, a.StatusCode)
	}
	return c.LocalAddr().String()
}

// misled sends a good request to a server that answers nonsense.
func (ps *puppets) misled(addr, text string) string {
	ps.t.Helper()
	c := dial(ps.t, addr)
	c.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	v := ps.next()
	if _, err := io.WriteString(v.conn, text); err != nil {
		ps.t.Fatal(err)
	}
	if a := c.answer("GET"); a.StatusCode != 502 {
		ps.t.Errorf("%q: status %d, want 502", text, a.StatusCode)
	}
	v.abandoned()
	return c.LocalAddr().String()
}

// The same messages to HAProxy are shown in the same way: when, where, which bytes, and which of them is to blame.
func TestShowErrorsAsHAProxyDoes(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	s.withAdmin(t)
	s.run(t)
	addr, socket := newTellingPeer(t, &s)
	for _, tt := range []struct {
		name, command, head string
		act                 func(addr string) string
	}{
		{"TLS", "show errors web request", "frontend web (#2): invalid request", func(addr string) string { return refused(t, addr, hello) }},
		{"field", "show errors", "frontend web (#2): invalid request", func(addr string) string { return refused(t, addr, oddField) }},
		{"response", "show errors 2 response", "backend web (#2): invalid response", func(addr string) string { return servers.misled(addr, banner) }},
	} {
		ours, theirs := tt.act(s.place.front()), tt.act(addr)
		said, wanted := tell(t, s.socket, tt.command), tell(t, socket, tt.command)
		if p, q := position(said), position(wanted); p == "" || p != q {
			t.Errorf("%s: %s, and %s of HAProxy", tt.name, p, q)
		}
		if a, b := dumped(said), dumped(wanted); a == "" || a != b {
			t.Errorf("%s: shown is\n%sHAProxy shows\n%s", tt.name, a, b)
		}
		if !strings.Contains(wanted, tt.head) || !strings.Contains(wanted, "src "+theirs) {
			t.Errorf("%s: HAProxy says\n%s", tt.name, wanted)
		}
		if !strings.Contains(said, tt.head) || !strings.Contains(said, ", worker 0, generation 1, src "+ours+"\n") {
			t.Errorf("%s: the answer from %s is\n%s", tt.name, ours, said)
		}
	}
	if text := tell(t, s.socket, "show errors nowhere"); text != tell(t, socket, "show errors nowhere") {
		t.Errorf("of a proxy that is not there: %q", text)
	}
}

// position is where the last of the errors is that are shown.
func position(text string) string {
	all := regexp.MustCompile(`error at position \d+`).FindAllString(text, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// dumped is all bytes that are shown.
func dumped(text string) string {
	return strings.Join(regexp.MustCompile(`(?m)^  \d{5}[ +] .*\n`).FindAllString(text, -1), "")
}

// newTellingPeer starts HAProxy with an admin socket in front of the site's first server.
func newTellingPeer(t *testing.T, s *site) (addr, socket string) {
	t.Helper()
	addr, socket = s.place.addr(3, 8080), filepath.Join(t.TempDir(), "haproxy.sock")
	conf := strings.Join([]string{
		"global", " stats socket " + socket, "defaults", " mode http", " timeout connect 5s", " timeout client 30s", " timeout server 30s",
		" retries 0", "listen web", " bind " + addr, fmt.Sprintf(" server webA %s", s.place.server(0)), "",
	}, "\n")
	p, err := rig.StartHAProxy(program(t, "haproxy"), t.TempDir(), conf, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, p) })
	return addr, socket
}

// What several workers have seen is told as one, outlives them and the monitor, and, as long as they live, an upgrade.
func TestShowErrorsOfAllWorkers(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	s.workers = 2
	s.withAdmin(t)
	inst := startInstance(t, s)
	if text := tell(t, s.socket, "show errors"); !strings.HasSuffix(text, "] : 0\n\n") {
		t.Errorf("before the first error: %q", text)
	}
	sent, seen := 0, make(map[string]bool)
	worker := regexp.MustCompile(`, worker \d, generation \d, src (\S+)\n`)
	if !soon(func() bool {
		from := refused(t, s.place.front(), hello)
		sent++
		text := tell(t, s.socket, "show errors web request")
		m := worker.FindStringSubmatch(text)
		if m == nil || m[1] != from || !strings.Contains(text, fmt.Sprintf("] : %d\n", sent)) || strings.Count(text, "invalid request") != 1 {
			t.Fatalf("%d sent, the last one from %s:\n%s", sent, from, text)
		}
		seen[strings.Split(m[0], ", src")[0]] = true
		return len(seen) == 2
	}) {
		t.Errorf("not of all workers: %v", seen)
	}
	from := servers.misled(s.place.front(), banner)
	tells := func(what string) func() bool {
		return func() bool {
			text, err := tryTell(s.socket, "show errors")
			return err == nil && strings.Contains(text, what) && strings.Contains(text, "src "+from+"\n")
		}
	}
	inst.killMonitor(inst.monitor())
	if !soon(tells(fmt.Sprintf("] : %d\n", sent+1))) {
		t.Errorf("the next monitor says:\n%s", tell(t, s.socket, "show errors"))
	}
	client := dial(t, s.place.front()) // keeps the old generation alive
	client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	v := servers.next()
	inst.upgrade()
	if !soon(tells("generation 1, src")) {
		t.Errorf("the next generation says:\n%s", tell(t, s.socket, "show errors"))
	}
	inst.upgrade()
	if !soon(tells("generation 1, src")) {
		t.Errorf("the generation after that says:\n%s", tell(t, s.socket, "show errors"))
	}
	if !soon(func() bool { // workers of the one before accept until they are told to drain
		late := refused(t, s.place.front(), oddField)
		return strings.Contains(tell(t, s.socket, "show errors"), "generation 3, src "+late+"\n")
	}) {
		t.Errorf("of the newest generation:\n%s", tell(t, s.socket, "show errors"))
	}
	v.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	if a := client.answer("GET"); a.StatusCode != 200 {
		t.Errorf("status %d", a.StatusCode)
	}
	client.Close()
	if !soon(func() bool { return !strings.Contains(tell(t, s.socket, "show errors"), "generation 1") }) {
		t.Errorf("of a generation that has ended:\n%s", tell(t, s.socket, "show errors"))
	}
}

// A client that sends garbage without end hides nothing and breaks nothing, and one that is served is not slowed down for it.
func TestShowErrorsUnderGarbage(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	b := s.run(t)
	before := b.workers()
	var spewing sync.WaitGroup
	var over atomic.Bool
	var sent atomic.Int64
	for range 4 {
		spewing.Go(func() {
			for !over.Load() {
				c, err := net.DialTimeout("tcp", s.place.front(), settle)
				if err != nil {
					continue
				}
				c.SetDeadline(time.Now().Add(settle))
				_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nX: "+strings.Repeat("\xff", 3000)+"\x00")
				_, _ = io.Copy(io.Discard, c)
				c.Close()
				sent.Add(1)
			}
		})
	}
	full := 0
	for n := 0; n < 100 || sent.Load() < 200; n++ {
		text := tell(t, s.socket, "show errors")
		switch {
		case strings.Contains(text, "invalid request"):
			full++
			if !strings.Contains(text, "error at position 3019, bytes ") || strings.Count(text, `\xFF`) < 2000 || !strings.Contains(text, `\xFF\x00`+"\n") {
				t.Fatalf("the answer is\n%s", text)
			}
		case sent.Load() > 0 && !strings.Contains(text, "being written"):
			t.Fatalf("nothing is shown:\n%s", text)
		}
		if a := fetch(t, newClient(t), s.place.url("/")); a.StatusCode != 200 {
			t.Fatalf("status %d", a.StatusCode)
		}
	}
	over.Store(true)
	spewing.Wait()
	if full < 50 {
		t.Errorf("%d answers only had the fault in them", full)
	}
	b.sameWorkers(before)
}

// Behind the line of a request stands why it was refused, at the same level, and in no other way than before in the line itself.
func TestFaultsInTheLog(t *testing.T) {
	t.Parallel()
	s, servers := newPuppets(t, 1)
	log := newSink(t, s.place)
	s.global, s.listen = log.target(), httplog
	s.run(t)
	from := refused(t, s.place.front(), hello)
	if l := log.http(); l.client != from || l.state != "PR--" || l.status != 400 || l.request != "<BADREQ>" {
		t.Errorf("logged %s", l.line)
	}
	want := "Bad request: client " + from + ", frontend web, server web/<NOSRV>, status 400: the method is not a token, at position 0 of "
	if l := log.next(); l.severity() != infoLevel || !strings.HasPrefix(l.text, want) {
		t.Errorf("logged %+v, want %s", l, want)
	}
	from = servers.misled(s.place.front(), banner)
	if l := log.http(); l.client != from || l.state != "PH--" || l.status != 502 {
		t.Errorf("logged %s", l.line)
	}
	want = "Bad response: client " + from + ", frontend web, server web/webA, status 502: there is white space between a field name and the colon, at position 18 of "
	if l := log.next(); l.severity() != infoLevel || !strings.HasPrefix(l.text, want) {
		t.Errorf("logged %+v, want %s", l, want)
	}
}

// What a worker shows has cookies in it: it is nobody's but its own, and the monitor's, which cannot write it.
func TestFaultsAreNobodysBusiness(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	b := s.run(t)
	monitor := func() map[string]bool { return memoryOfFaults(t, b.monitor()) }
	if !soon(func() bool { return len(monitor()) == 2 }) {
		t.Fatalf("the monitor has %v", monitor())
	}
	for inode, writable := range monitor() {
		if writable {
			t.Errorf("the monitor can write segment %s", inode)
		}
	}
	seen := make(map[string]bool)
	for _, pid := range b.workers() {
		own := memoryOfFaults(t, pid)
		for inode := range own {
			seen[inode] = true
		}
		if len(own) != 1 {
			t.Errorf("worker %d has %v", pid, own)
		}
	}
	if len(seen) != 2 {
		t.Errorf("two workers have the segments %v", seen)
	}
}

// memoryOfFaults is the inodes of the segments for faults that a process has open, and whether it can write them.
func memoryOfFaults(t *testing.T, pid int) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	dir := fmt.Sprintf("/proc/%d/fd/", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name, _ := os.Readlink(dir + e.Name()); !strings.Contains(name, "lbmaster-faults") {
			continue
		}
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, e.Name()))
		if err != nil {
			continue
		}
		var pos, flags, mount, inode int
		if _, err := fmt.Sscanf(string(info), "pos: %d\nflags: 0%o\nmnt_id: %d\nino: %d\n", &pos, &flags, &mount, &inode); err != nil {
			t.Fatalf("%s: %v", info, err)
		}
		all[fmt.Sprint(inode)] = flags&syscall.O_ACCMODE != syscall.O_RDONLY
	}
	return all
}

// A worker that dies leaves its last fault to the next one of its slot.
func TestFaultsOutliveAWorker(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	b := s.run(t)
	from := refused(t, s.place.front(), hello)
	victim := b.workers()[0]
	if err := rig.Kill(victim, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	replaced(t, b, victim, 1)
	if text := tell(t, s.socket, "show errors"); !strings.Contains(text, "src "+from+"\n") {
		t.Errorf("after the death of the worker:\n%s", text)
	}
	from = refused(t, s.place.front(), hello)
	if text := tell(t, s.socket, "show errors"); !strings.Contains(text, "src "+from+"\n") || !strings.Contains(text, "] : 2\n") {
		t.Errorf("the next worker says:\n%s", text)
	}
}
