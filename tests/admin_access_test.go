//go:build linux

package tests

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// TestAdminAccessBesideHAProxy: the admin socket is whose the file says, and for whom it says.
func TestAdminAccessBesideHAProxy(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a socket to others")
	}
	p := newPlace(t)
	startOrigin(t, "one", p.server(0))
	all := onSameFile(t, p, "  stats socket <SOCK> level admin mode 640 user nobody gid 13\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n"+
		"listen web\n  bind <AT>\n  server a <A>\n")
	bothSay(t, all, "the socket", "640 65534:13", func(c *contender) string { return fileAccess(t, c.sock) })
}

// TestAdminAccess: a next generation lets others use the socket that it takes over; one that does not come up leaves it as it was.
func TestAdminAccess(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	inst := startInstance(t, s)
	own := fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
	if got := fileAccess(t, s.socket); got != "600 "+own {
		t.Errorf("without a word of it: %s", got)
	}
	text := s.text()
	with := func(keys string) { inst.rewrite(strings.Replace(text, "[admin]\n", "[admin]\n"+keys, 1)) }
	with("mode = \"0666\"\n")
	inst.upgrade()
	if !soon(func() bool { return fileAccess(t, s.socket) == "666 "+own }) {
		t.Errorf("after an upgrade: %s", fileAccess(t, s.socket))
	}
	with("mode = \"0600\"\ngroup = \"nobody-of-this-name\"\n")
	if err := rig.Kill(inst.master, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	if !soon(func() bool { return inst.Stderr.Has("admin.group: there is no group") }) {
		t.Errorf("it said:\n%s", inst.Said())
	}
	if got := fileAccess(t, s.socket); got != "666 "+own {
		t.Errorf("after an upgrade that failed: %s", got)
	}
	tell(t, s.socket, "show info")
}
