//go:build linux

package tests

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/tools/rig"
)

// Ports of this file, one for each test: all addresses of the machine are bound there.
const (
	widenPort = 8191 + iota
	handshakePort
	besidePort
	strangerPort
)

func star(port int) string { return "*:" + strconv.Itoa(port) }

// upgradeTo begins a generation with these binds.
func (inst *instance) upgradeTo(s site, binds ...string) {
	inst.t.Helper()
	s.bind = strings.Join(binds, ",")
	inst.rewrite(s.text())
	inst.upgrade()
}

// An address is widened to all of its family, and narrowed again, time and again under load: whoever comes to what is there before
// and after does not notice. Others are not served any more.
func TestWidenAndNarrow(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	exact, exact6 := s.place.addr(1, widenPort), fmt.Sprintf("[::1]:%d", widenPort)
	wide, wide6 := star(widenPort), fmt.Sprintf("[::]:%d", widenPort)
	s.bind = exact + "," + wide6
	inst := startInstance(t, s)
	crowds := []*crowd{
		startCrowd(t, exact, 8, 20*time.Millisecond, 200*time.Millisecond),
		startCrowd(t, exact6, 8, 20*time.Millisecond, 200*time.Millisecond),
	}
	other := s.place.addr(2, widenPort)
	for i, binds := range [][]string{{wide, exact6}, {exact, wide, wide6, exact6}, {wide, wide6}, {exact, exact6}, {wide, wide6}, {wide}} {
		if i == 5 {
			crowds[1].end() // its address goes
		}
		inst.upgradeTo(s, binds...)
		isWide := strings.Contains(strings.Join(binds, ","), wide)
		if !soon(func() bool { return accepts(other) == isWide }) {
			t.Errorf("with %q: it accepts at %s: %v", binds, other, !isWide)
		}
		for _, c := range crowds {
			if !c.over() {
				c.progress(100)
			}
		}
	}
	for _, c := range crowds {
		c.end()
		c.check(t)
	}
}

// Whoever has connected to a wide address, and said nothing yet, is served after it has been narrowed to his; new ones are served by
// the new generation at once.
func TestNarrowKeepsHandshakes(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	all := s.servers
	s.workers, s.servers = 2, all[:1]
	s.bind = star(handshakePort)
	inst := startInstance(t, s)
	exact := s.place.addr(1, handshakePort)
	var early []*raw
	for range 8 {
		early = append(early, dial(t, exact))
	}
	s.servers = all[1:]
	inst.upgradeTo(s, exact)
	newest := func() bool { return dial(t, exact).get("/", 200, "Connection: close").server() == "webB" }
	if !soon(newest) { // the old master has left a moment before the new sockets listen
		t.Error("no new client is served by the new generation")
	}
	for range 8 {
		if a := dial(t, exact).get("/", 200, "Connection: close"); a.server() != "webB" {
			t.Errorf("a new client is served by %s", a.server())
		}
	}
	for _, c := range early[:4] {
		c.get("/", 200)
	}
	if !soon(func() bool { return inst.Stderr.Has(`"generation has ended" generation=1`) }) {
		t.Fatalf("the old generation does not end:\n%s", inst.Said())
	}
	for _, c := range early { // they have been handed over
		c.get("/", 200)
	}
}

// Of two addresses in one file the more exact one gets what is for it; also after a pause, and in either order.
func TestExactBesideWide(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	exact := s.place.addr(1, besidePort)
	all := s.servers
	s.workers, s.servers = 2, all[:1]
	s.bind = star(besidePort)
	s.tail = fmt.Sprintf("[listen.exact]\nbind = %q\nmode = \"http\"\nserver = [{ name = \"x\", address = %q }]\n", exact, all[1].address)
	d := newBarracks(t, s.place)
	b := s.run(t)
	see := func() {
		t.Helper()
		for range 8 {
			if a := dial(t, exact).get("/", 200, "Connection: close"); a.server() != "webB" {
				t.Errorf("%s is served by %s", exact, a.server())
			}
			if a := dial(t, s.place.addr(2, besidePort)).get("/", 200, "Connection: close"); a.server() != "webA" {
				t.Errorf("another address is served by %s", a.server())
			}
		}
	}
	see()
	b.pause()
	if accepts(exact) || accepts(s.place.addr(2, besidePort)) {
		t.Error("it accepts during the pause")
	}
	b.resume("msg=resumed")
	see()
	// It is still a stranger's for others, the wide one and what is part of it.
	for _, bind := range []string{exact, s.place.addr(3, besidePort), star(besidePort)} {
		s.bind, s.tail = bind, ""
		d.write("conf.toml", s.text())
		want := fmt.Sprintf("address already in use: process %d (lbmaster)", b.Pid)
		if status, said := d.command(d.exe, "-c", "conf.toml"); status != 1 || !strings.Contains(said, want) {
			t.Errorf("%s: status %d; it said:\n%s", bind, status, said)
		}
	}
}

// An address of which another program has a part is not widened; the generation that serves goes on.
func TestWidenBesideStranger(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	exact := s.place.addr(1, strangerPort)
	s.bind = exact
	inst := startInstance(t, s)
	// One that would share the port with anybody of its user: the kernel would let us in.
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		return errors.Join(err, failed)
	}}
	lc.SetMultipathTCP(false)
	stranger, err := lc.Listen(t.Context(), "tcp4", s.place.addr(11, strangerPort))
	if err != nil {
		t.Fatal(err)
	}
	s.bind = star(strangerPort)
	inst.rewrite(s.text())
	inst.signal(syscall.SIGUSR2)
	if !rig.Until(fatal, func() bool { return inst.Stderr.Has("did not come up: this one goes on") }) {
		t.Fatal("it says nothing")
	}
	if !inst.Stderr.Has("cannot bind 0.0.0.0:" + strconv.Itoa(strangerPort) + " for listen.web (line 5): address already in use: process ") {
		t.Errorf("it said:\n%s", inst.Said())
	}
	dial(t, exact).get("/", 200)
	stranger.Close()
	inst.upgrade()
	if !soon(func() bool { return accepts(s.place.addr(2, strangerPort)) }) { // the old master has left a moment before
		t.Fatalf("the wider address does not listen:\n%s", inst.Said())
	}
	dial(t, s.place.addr(2, strangerPort)).get("/", 200)
}

// An address that is not there yet ends the start, unless it is said to come: then it serves when it has come.
func TestFreeBind(t *testing.T) {
	t.Parallel()
	needs(t, "unshare", "nsenter", "ip")
	const v4, v6 = "192.0.2.7:8080", "[2001:db8::7]:8080"
	s := site{place: newPlace(t), mode: "health", bind: v4 + "," + v6, listen: `httpchk = "GET /"`}
	inside := func(argv []string, env ...string) (*rig.Process, error) {
		return rig.Start("lbmaster", append([]string{"unshare", "-n", "sh", "-c", `ip link set lo up; exec "$@"`, "sh"}, argv...), env...)
	}
	without := launchBy(t, s.place, s.text(), inside)
	without.exits(settle, 1)
	for _, at := range []string{v4, v6} {
		if !without.Stderr.Has("cannot bind "+at+" for listen.web") || !without.Stderr.Has("free_bind = true listens there all the same") {
			t.Errorf("it said:\n%s", without.Said())
		}
	}
	s.listen += "\nfree_bind = true"
	b := launchBy(t, s.place, s.text(), inside)
	b.awaitReady()
	n := enterNetwork(t, b.Pid)
	for _, at := range []string{v4, v6} {
		ap := netip.MustParseAddrPort(at)
		add := exec.Command("nsenter", "-t", strconv.Itoa(b.Pid), "-n", "ip", "addr", "add", netip.PrefixFrom(ap.Addr(), ap.Addr().BitLen()).String(), "dev", "lo", "nodad")
		if ap.Addr().Is4() {
			add.Args = add.Args[:len(add.Args)-1]
		}
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if !soon(func() bool {
			c, err := n.dial("tcp", at, settle)
			if err == nil {
				c.Close()
			}
			return err == nil
		}) {
			t.Errorf("nobody can connect to %s", at)
		}
	}
}
