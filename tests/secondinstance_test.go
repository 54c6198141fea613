//go:build linux

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// elsewhere is a configuration of the same site on another port, with what a test adds.
func (s site) elsewhere(port int, tail string) string {
	s.bind, s.tail = s.place.addr(2, port), tail
	return s.text()
}

// A second instance, on other ports, gets neither the admin socket, nor the pidfile, nor the path of a bind of one that lives, by
// mistake. -t says whose they are, and goes on: a living instance checks its own next configuration in this way.
func TestSecondInstanceTakesNothing(t *testing.T) {
	t.Parallel()
	s, d := unixSite(t)
	admin := d.path("admin.sock")
	adminTail := fmt.Sprintf("[admin]\nsocket = %q\n", admin)
	s.tail = adminTail
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	first := d.pid("pid")
	paths := []string{admin, d.path("front.sock"), d.path("pid")}
	was := inodes(t, paths)
	front := s.bind
	s.bind = front + "," + s.place.addr(2, 8080)
	d.write("front.toml", strings.Replace(s.text(), adminTail, "", 1))
	d.write("admin.toml", s.elsewhere(8081, adminTail))
	d.write("third.toml", s.elsewhere(8082, ""))
	who := fmt.Sprintf("process %d (lbmaster)", first)
	for _, tt := range []struct {
		file, says string
		args       []string
	}{
		{"admin.toml", "cannot bind unix:" + admin + " for admin: address already in use: " + who, nil},
		{"front.toml", "cannot bind " + front + " for listen.web (line 5): address already in use: " + who, nil},
		{"third.toml", "is that of " + who + ", which runs: stop it, replace it (-sf " + strconv.Itoa(first) + ")", []string{"-p", "pid"}},
	} {
		args := append([]string{"-c", tt.file}, tt.args...)
		if status, said := d.command(append([]string{d.exe, "-D"}, args...)...); status != 1 || !strings.Contains(said, tt.says) {
			t.Errorf("%s: exit status %d, said %q, want %q", tt.file, status, said, tt.says)
		}
		if said := d.lbmaster(append(args, "-t")...); !strings.Contains(said, "another instance could not start now: ") || !strings.Contains(said, who) {
			t.Errorf("%s: -t says %q", tt.file, said)
		}
		if said := d.lbmaster(append(args, "-t", "-sf", strconv.Itoa(first))...); strings.Contains(said, "warning") {
			t.Errorf("%s: -t for a replacement says %q", tt.file, said)
		}
		if said := d.lbmaster(append(args, "-t", "-q")...); said != "" {
			t.Errorf("%s: -t -q says %q", tt.file, said)
		}
	}
	if is := inodes(t, paths); !slices.Equal(is, was) {
		t.Errorf("the files are %v, before %v", is, was)
	}
	d.get(d.path("front.sock"))
	if said := tell(t, admin, "show info"); !strings.Contains(said, fmt.Sprintf("\nPid: %d\n", first)) {
		t.Errorf("the admin socket: %s", said)
	}
	d.kill(first, syscall.SIGUSR2) // what is its own it keeps
	d.gone(first)
	second := d.pid("pid")
	if !soon(func() bool { return strings.Contains(tell(t, admin, "show info"), fmt.Sprintf("\nPid: %d\n", second)) }) {
		t.Errorf("the admin socket after an upgrade: %s", tell(t, admin, "show info"))
	}
	d.kill(second, syscall.SIGTERM)
	d.gone(second)
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}

// inodes are the numbers of files.
func inodes(t *testing.T, paths []string) []uint64 {
	t.Helper()
	var all []uint64
	for _, path := range paths {
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, st.Ino)
	}
	return all
}

// One that ends with its last session gives its place to the next one at once, pidfile and admin socket too, and leaves that
// one's alone when it ends.
func TestInstanceThatLeavesGivesWay(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	admin := d.path("admin.sock")
	s.tail = fmt.Sprintf("[admin]\nsocket = %q\n", admin)
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	first := d.pid("pid")
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	d.kill(first, syscall.SIGUSR1)
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Fatal("it does not leave")
	}
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	second := d.pid("pid")
	tunnel.send("still here")
	tunnel.expect("still here")
	if err := tunnel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	tunnel.closedInOrder()
	d.gone(first)
	if now := d.pid("pid"); now == first || now != second {
		t.Errorf("the pidfile has %d, want %d", now, second)
	}
	if said := tell(t, admin, "show info"); !strings.Contains(said, fmt.Sprintf("\nPid: %d\n", second)) {
		t.Errorf("the admin socket: %s", said)
	}
	d.kill(second, syscall.SIGTERM)
	d.gone(second)
}

// Of instances that start at the same moment, where a dead one has left its files, one gets them all.
func TestStartsAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	admin := d.path("admin.sock")
	const instances = 3
	for i := range instances {
		d.write(fmt.Sprintf("%d.toml", i), s.elsewhere(8080+i, fmt.Sprintf("[admin]\nsocket = %q\n", admin)))
	}
	for range 2 {
		var starts sync.WaitGroup
		var status [instances]int
		var said [instances]string
		for i := range instances {
			starts.Go(func() { status[i], said[i] = d.command(d.exe, "-D", "-p", "pid", "-c", fmt.Sprintf("%d.toml", i)) })
		}
		starts.Wait()
		up := instances
		for _, n := range status {
			up -= n
		}
		if up != 1 {
			t.Fatalf("%d instances are up: %q", up, said)
		}
		lives := d.pid("pid")
		if said := tell(t, admin, "show info"); !strings.Contains(said, fmt.Sprintf("\nPid: %d\n", lives)) {
			t.Errorf("the admin socket is not that of %d: %s", lives, said)
		}
		if left, _ := filepath.Glob(d.path("admin.sock?*")); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
		dead := func() bool {
			pids := rig.Running(d.exe)
			for _, pid := range pids {
				_ = rig.Kill(pid, syscall.SIGKILL) // it may have ended
			}
			return len(pids) == 0
		}
		if !soon(dead) { // its files stay
			t.Error("processes survive SIGKILL")
		}
	}
	_ = os.Remove(d.path("pid"))
}
