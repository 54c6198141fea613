//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/tools/rig"
)

// barracks is a directory for instances that run in the background, which no test is the parent of.
type barracks struct {
	t     *testing.T
	place place
	dir   string
	exe   string
}

// newBarracks proves at the end that nothing is left.
func newBarracks(t *testing.T, p place) *barracks {
	t.Helper()
	d := &barracks{t, p, t.TempDir(), ""}
	d.exe = d.path("lbmaster")
	if err := link(product(), d.exe); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.finish)
	return d
}

func (d *barracks) path(name string) string { return filepath.Join(d.dir, name) }

func (d *barracks) write(name, text string) string {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o755); err != nil {
		d.t.Fatal(err)
	}
	return d.path(name)
}

// command runs something to its end, and returns its exit status and what it said.
func (d *barracks) command(argv ...string) (int, string) {
	d.t.Helper()
	p, err := rig.StartIn(d.dir, filepath.Base(argv[0]), argv)
	if err != nil {
		d.t.Fatal(err)
	}
	status, err := p.Wait(fatal)
	if err != nil {
		d.t.Fatalf("%v\n%s", err, p.Said())
	}
	return status, p.Said()
}

// lbmaster runs it, which must succeed.
func (d *barracks) lbmaster(args ...string) string {
	d.t.Helper()
	status, said := d.command(append([]string{d.exe}, args...)...)
	if status != 0 {
		d.t.Fatalf("lbmaster %q: exit status %d:\n%s", args, status, said)
	}
	return said
}

// pid is the process id in a pidfile.
func (d *barracks) pid(name string) int {
	d.t.Helper()
	text, err := os.ReadFile(d.path(name))
	if err != nil {
		d.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !slices.Contains(rig.Running(d.exe), pid) {
		d.t.Fatalf("%s has %q, which is no process of ours", name, text)
	}
	return pid
}

func (d *barracks) kill(pid int, sig syscall.Signal) {
	d.t.Helper()
	if err := rig.Kill(pid, sig); err != nil {
		d.t.Fatal(err)
	}
}

func (d *barracks) gone(pid int) {
	d.t.Helper()
	if !soon(func() bool { return !rig.Alive(pid) }) {
		d.t.Errorf("process %d does not end", pid)
	}
}

func (d *barracks) finish() {
	d.t.Helper()
	for _, pid := range rig.Running(d.exe) {
		if s, err := rig.ReadStat(pid); err == nil && !slices.Contains(rig.Running(d.exe), s.Parent) {
			_ = rig.Kill(pid, syscall.SIGTERM)
		}
	}
	if !soon(func() bool { return len(rig.Running(d.exe)) == 0 }) {
		d.t.Errorf("processes left: %v", rig.Running(d.exe))
	}
	for _, pid := range rig.Running(d.exe) {
		_ = rig.Kill(pid, syscall.SIGKILL)
	}
	d.place.silent(d.t)
	if left, _ := filepath.Glob(d.path("*pid*")); len(left) > 0 {
		d.t.Errorf("pidfiles left: %v", left)
	}
}

// A daemon is up when its command returns: a pidfile tells who it is, it has a session of its own, and it keeps nothing of
// the terminal that it was started from.
func TestDaemon(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	d := newBarracks(t, s.place)
	d.write("conf.toml", s.text())
	said := d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	dial(t, s.place.front()).get("/", 200)
	pid := d.pid("pid")
	if !strings.Contains(said, "msg=ready pid="+strconv.Itoa(pid)) {
		t.Errorf("it said %q", said)
	}
	if sid, err := unix.Getsid(pid); err != nil || sid != pid {
		t.Errorf("session %d of process %d, %v", sid, pid, err)
	}
	for fd, want := range map[int]string{0: os.DevNull, 1: os.DevNull, 2: "pipe:"} {
		if is, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd)); err != nil || !strings.HasPrefix(is, want) {
			t.Errorf("its descriptor %d is %q, %v", fd, is, err)
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTTOU} {
		d.kill(pid, sig) // it says something that nobody hears
	}
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Error("TTOU did not pause")
	}
	d.kill(pid, syscall.SIGTTIN)
	if !soon(func() bool { return accepts(s.place.front()) }) {
		t.Error("TTIN did not resume")
	}
	dial(t, s.place.front()).get("/", 200)
	d.kill(pid, syscall.SIGTERM)
	d.gone(pid)
}

// What the file says is the same as the flags. A standard error that is a file is kept.
func TestDaemonByConfiguration(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	s.global = fmt.Sprintf("daemon = true\npidfile = %q\nquiet = true", d.path("pid"))
	s.tail = fmt.Sprintf("[listen.warned]\nbind = %q\nlog_format = \"httplog\"\nserver = [{ name = \"a\", address = %q }]\n", s.place.addr(2, 8080), s.place.server(0))
	d.write("conf.toml", s.text())
	status, said := d.command("/bin/sh", "-c", d.exe+" -c conf.toml 2>log")
	if status != 0 || said != "" {
		t.Fatalf("exit status %d: %q", status, said)
	}
	pid := d.pid("pid")
	d.kill(pid, syscall.SIGQUIT)
	log := func() string { b, _ := os.ReadFile(d.path("log")); return string(b) }
	if !soon(func() bool { return strings.Contains(log(), "lbmaster: worker 0 (pid") }) {
		t.Error("the log has no dump")
	}
	if strings.Contains(log(), "level=") || strings.Contains(log(), "warning") {
		t.Errorf("not quiet: %.500s", log())
	}
	d.kill(pid, syscall.SIGTERM)
	d.gone(pid)
}

// A daemon that does not come up says why, and leaves nothing.
func TestDaemonThatFails(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	d.write("conf.toml", s.text())
	other, err := net.Listen("tcp", s.place.front())
	if err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"cannot bind " + s.place.front() + " for listen.web (line 5): address already in use": {"-p", "pid", "-c", "conf.toml"},
		"cannot read the configuration: open none.toml":                                       {"-p", "pid", "-c", "none.toml"},
	} {
		status, said := d.command(append([]string{d.exe, "-D"}, args...)...)
		if status != 1 || strings.Count(said, want) != 1 {
			t.Errorf("exit status %d, said %q, want %q once", status, said, want)
		}
	}
	other.Close()
	status, said := d.command(d.exe, "-D", "-p", "none/pid", "-c", "conf.toml")
	if want := "cannot write the pidfile (global.pidfile or -p): none/pid: no such file or directory"; status != 1 || !strings.Contains(said, want) {
		t.Errorf("exit status %d, said %q", status, said)
	}
	if left := rig.Running(d.exe); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

// guideScript is the one of the guide's section 4.3, with other names and paths, and with the exit statuses the right
// way round.
const guideScript = `# save previous state
mv config.toml config.old
mv lbmaster.pid lbmaster.pid.old

mv config.new config.toml
kill -TTOU $(cat lbmaster.pid.old)
if ./lbmaster -D -p lbmaster.pid -c config.toml; then
  echo "New instance successfully loaded, stopping previous one."
  kill -USR1 $(cat lbmaster.pid.old)
  rm -f lbmaster.pid.old
  exit 0
else
  echo "New instance failed to start, resuming previous one."
  kill -TTIN $(cat lbmaster.pid.old)
  rm -f lbmaster.pid
  mv lbmaster.pid.old lbmaster.pid
  mv config.toml config.new
  mv config.old config.toml
  exit 1
fi
`

// The guide's hot reconfiguration, once with a configuration that fails and then with one that does not.
func TestGuideScript(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers = 2
	s.withAdmin(t)
	d := newBarracks(t, s.place)
	d.write("reload", guideScript)
	d.write("config.toml", s.text())
	d.lbmaster("-D", "-p", "lbmaster.pid", "-c", "config.toml")
	first := d.pid("lbmaster.pid")
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")

	d.write("config.new", s.text()+"[listen.web2]\nbind = \"192.0.2.1:80\"\nmode = \"http\"\nserver = [{name=\"a\", address=\"192.0.2.1:81\"}]\n")
	if status, said := d.command("/bin/sh", "./reload"); status != 1 || !strings.Contains(said, "failed to start") {
		t.Fatalf("exit status %d: %s", status, said)
	}
	if d.pid("lbmaster.pid") != first || !soon(func() bool { return accepts(s.place.front()) }) {
		t.Fatal("the first instance did not take its ports back")
	}
	dial(t, s.place.front()).get("/", 200)

	s.servers = s.servers[1:]
	d.write("config.new", s.text())
	if status, said := d.command("/bin/sh", "./reload"); status != 0 || !strings.Contains(said, "successfully loaded") {
		t.Fatalf("exit status %d: %s", status, said)
	}
	second := d.pid("lbmaster.pid")
	if second == first {
		t.Fatal("there is no new instance")
	}
	for range 4 {
		if a := dial(t, s.place.front()).get("/", 200); !strings.HasPrefix(a.body, "webB") {
			t.Errorf("answer %q, want one of webB: the configuration is the old one", a.body)
		}
	}
	if said := tell(t, s.socket, "show info"); !strings.Contains(said, fmt.Sprintf("\nPid: %d\n", second)) {
		t.Errorf("the admin socket: %s", said)
	}
	tunnel.send("still here")
	tunnel.expect("still here")
	if err := tunnel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	tunnel.closedInOrder()
	d.gone(first)
	if d.pid("lbmaster.pid") != second {
		t.Error("the pidfile is not that of the second instance any more")
	}
	d.kill(second, syscall.SIGTERM)
	d.gone(second)
}

// -sf and -st do what that script does.
func TestReplaceInstance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		flag string
		soft bool
	}{{"-sf", true}, {"-st", false}} {
		t.Run(tt.flag, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.workers = 2
			s.withAdmin(t)
			d := newBarracks(t, s.place)
			d.write("conf.toml", s.text())
			d.lbmaster("-D", "-p", "pid", "-c", "conf.toml", tt.flag) // there is none yet
			first := d.pid("pid")
			tunnel := dial(t, s.place.front())
			tunnel.send(upgradeRequest)
			tunnel.answer("GET")
			// One of the process ids names nobody any more.
			d.lbmaster("-D", "-p", "pid", "-c", "conf.toml", tt.flag, strconv.Itoa(1<<22-1), strconv.Itoa(first))
			second := d.pid("pid")
			if second == first {
				t.Fatal("there is no new instance")
			}
			dial(t, s.place.front()).get("/", 200)
			// The runtime interfaces are those of the new instance.
			if said := tell(t, s.socket, "show info"); !strings.Contains(said, fmt.Sprintf("\nPid: %d\n", second)) {
				t.Errorf("the admin socket: %s", said)
			}
			if said := scrape(t, s.metrics()); !strings.Contains(said, "haproxy_process_requests_total 1\n") {
				t.Errorf("/metrics: %s", said)
			}
			if tt.soft {
				tunnel.send("still here")
				tunnel.expect("still here")
				if err := tunnel.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				tunnel.closedInOrder()
			} else {
				tunnel.closed()
			}
			d.gone(first)
			wantMode(t, s.socket, 0o600) // the first one has left the path alone
			d.kill(second, syscall.SIGTERM)
			d.gone(second)
			if _, err := os.Lstat(s.socket); err == nil {
				t.Error("the admin socket is left behind")
			}
		})
	}
}

// A replacement that cannot have all ports gives those back that it was given.
func TestReplacementFails(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	first := d.pid("pid")
	stranger, err := net.Listen("tcp", s.place.addr(2, 8080))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	s.bind = s.place.front() + "," + s.place.addr(2, 8080)
	d.write("more.toml", s.text())
	status, said := d.command(d.exe, "-D", "-p", "pid", "-c", "more.toml", "-sf", strconv.Itoa(first))
	if status != 1 || !strings.Contains(said, "cannot bind "+s.place.addr(2, 8080)) || strings.Contains(said, "cannot bind "+s.place.front()) {
		t.Errorf("exit status %d: %s", status, said)
	}
	if !soon(func() bool { return accepts(s.place.front()) }) {
		t.Fatal("the first instance did not get its port back")
	}
	dial(t, s.place.front()).get("/", 200)
	stranger.Close()
	d.kill(d.pid("pid"), syscall.SIGTERM)
	d.gone(first)
}
