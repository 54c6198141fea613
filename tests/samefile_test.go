//go:build linux

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// contender is a load balancer that runs the file of a test.
type contender struct {
	name string // "lbmaster" or "HAProxy"
	host string // the address on which it listens
	at   string // with the port of <AT>
	sock string // the admin socket, of a file that has <SOCK>
	log  *sink
}

// onSameFile starts lbmaster and HAProxy on the same file in HAProxy's language, in which AT is where each listens, LOG its log server, and
// A and B the first servers of the place, all of them in angle brackets. <HOST> is the address of <AT> without its port, <SOCK> the path
// of an admin socket.
func onSameFile(t *testing.T, p place, text string) (all []*contender) {
	t.Helper()
	servers := strings.NewReplacer("<A>", p.server(0), "<B>", p.server(1))
	for _, name := range []string{"HAProxy", "lbmaster"} {
		all = append(all, contend(t, p, name, servers.Replace(text)))
	}
	return all
}

// contend starts one of the two, on its own <AT>, <HOST> and <LOG>.
func contend(t *testing.T, p place, name, text string) *contender {
	t.Helper()
	i := map[string]int{"lbmaster": 0, "HAProxy": 1}[name]
	c := &contender{name: name, host: p.host(30*i + 1), at: p.addr(30*i+1, 8080), log: startSink(t, "udp4", p.addr(200+i, 5140), p.addr(200+i, 5140))}
	c.sock = filepath.Join(t.TempDir(), "admin.sock")
	text = strings.NewReplacer("<AT>", c.at, "<HOST>", c.host, "<LOG>", c.log.addr, "<SOCK>", c.sock).Replace(text)
	if name == "lbmaster" {
		launch(t, p, "global\n  nbproc 1\n"+text, "-db").awaitReady()
		return c
	}
	c.startTheirs(t, "global\n"+text)
	return c
}

// startTheirs starts HAProxy. One with an admin socket is ready when that answers: a connection to its port would take a server's turn.
func (c *contender) startTheirs(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	theirs, err := rig.Start("haproxy", []string{program(t, "haproxy"), "-db", "-f", file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, theirs) })
	ready := func() bool { return rig.Connectable(c.at) }
	if strings.Contains(text, c.sock) {
		ready = func() bool { _, err := tryTell(c.sock, "show info"); return err == nil }
	}
	if err := theirs.Ready(fatal, ready); err != nil {
		t.Fatal(err)
	}
}

// fileAccess is whose a file is, and who may use it.
func fileAccess(t *testing.T, path string) string {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%o %d:%d", st.Mode&0o777, st.Uid, st.Gid)
}

// bothSay asks both something, and wants the same from them, and that it is what is expected.
func bothSay(t *testing.T, all []*contender, what, want string, ask func(c *contender) string) {
	t.Helper()
	for _, c := range all {
		if got := ask(c); got != want {
			t.Errorf("%s: %s: %q, want %q", what, c.name, got, want)
		}
	}
}
