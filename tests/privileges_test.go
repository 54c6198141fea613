//go:build linux

package tests

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

const (
	nobody  = "65534" // its user and its group on most systems; TestPrivileges looks at the number of its user only
	nothing = "0000000000000000"
)

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
}

// statusOf are the lines of /proc/PID/status, or of the file of a thread, by their name.
func statusOf(t *testing.T, file string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		all[name] = strings.Join(strings.Fields(value), " ")
	}
	return all
}

// wantStatus compares lines of every thread of a process.
func wantStatus(t *testing.T, pid int, want map[string]string) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) < 2 {
		t.Fatalf("threads %v, %v", threads, err)
	}
	for _, thread := range threads {
		is := statusOf(t, thread)
		for name, value := range want {
			if is[name] != value {
				t.Errorf("%s: %s is %q, want %q", thread, name, is[name], value)
			}
		}
	}
}

// jailed is what a worker is that has given up everything, with the ids of a user and a group.
func jailed(uid, gid, groups string) map[string]string {
	four := func(id string) string { return strings.Repeat(id+" ", 3) + id }
	return map[string]string{
		"Uid": four(uid), "Gid": four(gid), "Groups": groups, "NoNewPrivs": "1",
		"CapInh": nothing, "CapPrm": nothing, "CapEff": nothing, "CapAmb": nothing, "CapBnd": nothing,
	}
}

// unlocked is what a child is that has to be root still, and has no privileges either.
func unlocked(groups string) map[string]string { return jailed("0", "0", groups) }

// Workers and the monitor are the user, in the directory, with all their threads; those that come later too. The master stays root:
// it can bind a low port, and send signals.
func TestPrivileges(t *testing.T) {
	asRoot(t)
	t.Parallel()
	jail := t.TempDir()
	if err := os.Chmod(jail, 0o555); err != nil {
		t.Fatal(err)
	}
	s, origins := newSite(t, 1)
	s.workers = 2
	s.servers[0].extra += "\ncheck = true" // so that there is a monitor
	s.bind = s.place.front() + "," + s.place.addr(1, 80)
	s.global = fmt.Sprintf("user = %q\ngroup = \"daemon\"\nchroot = %q", nobody, jail)
	b := s.run(t)
	b.checks(origins[0])
	group := statusOf(t, "/proc/self/status")["Gid"] // something to compare with
	check := func() {
		t.Helper()
		children := rig.Children(b.Pid)
		if len(children) != 3 {
			t.Errorf("children %v", children)
		}
		for _, pid := range children {
			is := statusOf(t, fmt.Sprintf("/proc/%d/status", pid))
			gid, _, _ := strings.Cut(is["Gid"], " ")
			if gid == "0" || is["Gid"] == group {
				t.Errorf("the child is of the master's group %s", gid)
			}
			wantStatus(t, pid, jailed(nobody, gid, gid))
			if root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", pid)); err != nil || root != jail {
				t.Errorf("the root of a child is %q, %v", root, err)
			}
			if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil || cwd != jail {
				t.Errorf("a child is in %q, %v", cwd, err)
			}
		}
	}
	check()
	if is := statusOf(t, fmt.Sprintf("/proc/%d/status", b.Pid)); is["Uid"] != "0 0 0 0" || is["NoNewPrivs"] != "0" {
		t.Errorf("the master: user %q, no_new_privs %q", is["Uid"], is["NoNewPrivs"])
	}
	dial(t, s.place.addr(1, 80)).get("/", 200)
	before := b.workers()
	b.killWorker(before[0])
	replaced(t, b, before[0], 2)
	if !soon(func() bool { return b.Stderr.Has("worker is back") }) {
		t.Fatal("no other worker came")
	}
	check()
	b.signal(syscall.SIGQUIT) // the master may still send them signals
	for _, pid := range append(rig.Children(b.Pid), b.Pid) {
		b.says(fmt.Sprintf(" (pid %d): goroutines:\n", pid))
	}
	b.Stderr.Forget()
}

// With a user alone, the children have all groups of that user.
func TestPrivilegesOfAUser(t *testing.T) {
	asRoot(t)
	t.Parallel()
	s, _ := newSite(t, 1)
	s.global = `user = "nobody"`
	b := s.run(t)
	is := statusOf(t, fmt.Sprintf("/proc/%d/status", b.workers()[0]))
	gid, _, _ := strings.Cut(is["Gid"], " ")
	wantStatus(t, b.workers()[0], jailed(nobody, gid, gid))
	dial(t, s.place.front()).get("/", 200)
}

// Who the workers are, where they are locked up and how many clients they take changes with the generation.
func TestUpgradeChangesIdentity(t *testing.T) {
	asRoot(t)
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	jail := t.TempDir()
	inst := startInstance(t, s)
	c := startCrowd(t, s.place.front(), 8, 20*time.Millisecond, 300*time.Millisecond)
	for _, tt := range []struct {
		global, uid, root string
	}{
		{fmt.Sprintf("user = \"nobody\"\nchroot = %q\nmaxconn = 300", jail), nobody + " ", jail},
		{"user = \"nobody\"\nmaxconn = 100", nobody + " ", "/"},
		{"maxconn = 200", "0 ", "/"},
	} {
		s.global = tt.global
		inst.rewrite(s.text())
		inst.upgrade()
		for _, pid := range rig.Children(inst.master) {
			root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", pid))
			if is := statusOf(t, fmt.Sprintf("/proc/%d/status", pid)); !strings.HasPrefix(is["Uid"], tt.uid) || root != tt.root {
				t.Errorf("with %q: user %s, root %s, %v", tt.global, is["Uid"], root, err)
			}
		}
		c.progress(50)
	}
	c.end()
	c.check(t)
}

// Whoever has to stay root has no privileges either, in a directory or not.
func TestPrivilegesOfRoot(t *testing.T) {
	asRoot(t)
	jail := t.TempDir()
	groups := statusOf(t, "/proc/self/status")["Groups"]
	for name, c := range map[string]struct {
		global, root string
		want         map[string]string
	}{
		"root":   {"", "/", unlocked(groups)},
		"locked": {fmt.Sprintf("chroot = %q", jail), jail, unlocked(groups)},
		"group":  {`group = "1"`, "/", jailed("0", "1", "1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, origins := newSite(t, 1)
			s.servers[0].extra += "\ncheck = true"
			s.global = c.global
			b := s.run(t)
			b.checks(origins[0])
			for _, pid := range rig.Children(b.Pid) {
				wantStatus(t, pid, c.want)
				if root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", pid)); err != nil || root != c.root {
					t.Errorf("the root of %s is %q, %v", rig.Cmdline(pid), root, err)
				}
			}
			dial(t, s.place.front()).get("/", 200)
		})
	}
}

// The one thing that a child may need: connections to a server that come from a port below 1024.
func TestPrivilegesForLowPorts(t *testing.T) {
	asRoot(t)
	const netBindService = "0000000000000400"
	for _, global := range []string{"", `user = "nobody"`} {
		t.Run(global, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			from := s.place.addr(3, 987)
			s.servers[0].extra += fmt.Sprintf("\nsource = %q", from)
			s.global = global
			b := s.run(t)
			c := dial(t, s.place.front())
			c.get("/", 200)
			worker := b.workers()[0]
			wantStatus(t, worker, map[string]string{
				"NoNewPrivs": "1", "CapPrm": netBindService, "CapEff": netBindService, "CapBnd": netBindService,
			})
			if held, err := rig.Connections(netip.MustParseAddrPort(from), []int{worker}); err != nil || held[worker] != 1 {
				t.Errorf("connections from %s: %v, %v", from, held, err)
			}
		})
	}
}

// A child has the descriptors that it needs and no others, whatever lbmaster was started with.
func TestDescriptorsOfAWorker(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	d := newBarracks(t, s.place)
	d.write("conf.toml", s.text())
	d.write("secret", "x")
	if status, said := d.command("/bin/bash", "-c", "exec 7<secret 300<secret; exec ./lbmaster -D -p pid -c conf.toml"); status != 0 {
		t.Fatalf("exit status %d: %s", status, said)
	}
	pid := d.pid("pid")
	for _, child := range rig.Children(pid) {
		var other []string
		kinds := make(map[string]int)
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", child))
		for _, link := range links {
			is, _ := os.Readlink(link)
			if strings.HasPrefix(is, "/sys/fs/cgroup/") { // the runtime looks there how many processors it may use
				continue
			}
			kind := regexp.MustCompile(`^[^\[(]*`).FindString(is)
			if kinds[kind]++; !slices.Contains([]string{"/dev/null", "pipe:", "socket:", "anon_inode:", "/memfd:lbmaster-stats ", "/memfd:lbmaster-status ", "/memfd:lbmaster-faults "}, kind) {
				other = append(other, is)
			}
		}
		if len(other) > 0 {
			t.Errorf("a worker holds %v", other)
		}
		// Standard error; the control channel and its shard; memories, of faults its own only; its own epoll instance and the eventfd of all, and
		// the runtime's; and what is set aside: five for the master's messages, four for servers.
		if kinds["pipe:"] != 1 || kinds["socket:"] != 2 || kinds["anon_inode:"] > 4+5+4 || kinds["/dev/null"] != 2 || kinds["/memfd:lbmaster-faults "] != 1 {
			t.Errorf("a worker holds %v", kinds)
		}
	}
	d.kill(pid, syscall.SIGTERM)
	d.gone(pid)
}

// Whoever needs nothing that only root may do can start it.
func TestStartAsAnybody(t *testing.T) {
	asRoot(t)
	t.Parallel()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	for _, dir := range []string{d.dir, filepath.Dir(d.dir)} {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	// The right to bind low ports, which a service manager may give, is not passed on.
	as := []string{
		"/usr/bin/setpriv", "--reuid=" + nobody, "--regid=" + nobody, "--clear-groups",
		"--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service", "./lbmaster",
	}
	s.bind = s.place.front() + "," + s.place.addr(1, 80)
	d.write("conf.toml", s.text())
	if status, said := d.command(append(as, "-D", "-p", "pid", "-c", "conf.toml")...); status != 0 {
		t.Fatalf("exit status %d: %s", status, said)
	}
	pid := d.pid("pid")
	dial(t, s.place.addr(1, 80)).get("/", 200)
	if is := statusOf(t, fmt.Sprintf("/proc/%d/status", pid)); is["CapEff"] == nothing {
		t.Error("the master has lost the right to bind low ports")
	}
	want := jailed(nobody, nobody, "")
	delete(want, "CapBnd") // it takes a privilege to empty that
	for _, child := range rig.Children(pid) {
		wantStatus(t, child, want)
	}
	d.kill(pid, syscall.SIGTERM)
	d.gone(pid)
	s.global = `user = "daemon"`
	d.write("conf.toml", s.text())
	status, said := d.command(append(as, "-D", "-p", "pid", "-c", "conf.toml")...)
	if status != 1 || !strings.Contains(said, "global.user: only root can do that: start lbmaster as root, or remove the key") {
		t.Errorf("exit status %d: %s", status, said)
	}
}
