//go:build linux

package tests

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// box is a real systemd in namespaces of its own, with lbmaster installed in it as the units in conf/systemd say.
type box struct {
	*rig.Process
	t      *testing.T
	init   int // its process 1, as we see it
	cgroup string
}

// newBox boots this machine's systemd. Its end stops everything in it.
func newBox(t *testing.T, conf string) *box {
	t.Helper()
	needs(t, "systemctl", "curl")
	return newBoxOf(t, "/", conf)
}

// newBoxOf boots the systemd of another system, whose root is a directory here.
func newBoxOf(t *testing.T, root, conf string) *box {
	t.Helper()
	needs(t, "unshare", "nsenter")
	b := &box{t: t, cgroup: newCgroup(t)}
	units, err := filepath.Abs("../conf/systemd")
	if err != nil {
		t.Fatal(err)
	}
	b.Process, err = rig.Start("systemd", []string{"testdata/systemd-box.sh", t.TempDir(), root, units, b.cgroup, workshop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.finish)
	running := func() bool {
		if b.init == 0 && !b.findInit() {
			return false
		}
		state, _ := b.try("systemctl", "is-system-running")
		return state == "running" || state == "degraded"
	}
	if err := b.Ready(fatal, running); err != nil {
		t.Fatal(err)
	}
	b.run("install", "-D", product(), "/usr/local/sbin/lbmaster")
	b.configure(conf)
	return b
}

// needs skips a test that lacks programs, or rights.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	asRoot(t)
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
}

// newCgroup makes a cgroup that is removed at the end.
func newCgroup(t *testing.T) string {
	t.Helper()
	root := "/sys/fs/cgroup/unified"
	if _, err := os.Stat(root); err != nil {
		root = "/sys/fs/cgroup"
	}
	dir := filepath.Join(root, fmt.Sprintf("lbmaster-tests-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-")))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("no cgroup can be made here: ", err)
	}
	t.Cleanup(func() {
		// The kernel needs a moment to see that the last process is gone.
		if !soon(func() bool { return removeCgroup(dir) }) {
			t.Errorf("%s is still in use", dir)
		}
	})
	return dir
}

func removeCgroup(dir string) bool {
	var all []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			all = append(all, path)
		}
		return nil
	})
	slices.Reverse(all)
	for _, path := range all {
		if err := syscall.Rmdir(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false
		}
	}
	return true
}

// findInit finds process 1, once it is a systemd.
func (b *box) findInit() bool {
	for _, pid := range rig.Children(b.Pid) {
		if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(comm) == "systemd\n" {
			b.init = pid
			return true
		}
	}
	return false
}

// try runs a command inside, and returns what it said.
func (b *box) try(argv ...string) (string, error) {
	enter := []string{"-t", strconv.Itoa(b.init), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w", "timeout", "60"}
	out, err := exec.Command("nsenter", append(enter, argv...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// run is a command that must succeed.
func (b *box) run(argv ...string) string {
	b.t.Helper()
	out, err := b.try(argv...)
	if err != nil {
		b.t.Fatalf("%q: %v: %s\n%s", argv, err, out, b.Said())
	}
	return out
}

// configure writes the configuration file.
func (b *box) configure(conf string) {
	b.t.Helper()
	b.run("mkdir", "-p", "/etc/lbmaster")
	b.run("/bin/sh", "-c", `printf %s "$1" >/etc/lbmaster/lbmaster.toml`, "sh", conf)
}

// show is a property of the service.
func (b *box) show(property string) string {
	b.t.Helper()
	return b.run("systemctl", "show", "--value", "-p", property, "lbmaster.service")
}

// logs waits until the service has said something.
func (b *box) logs(text string) {
	b.t.Helper()
	var out string
	if !soon(func() bool {
		out, _ = b.try("journalctl", "-u", "lbmaster", "-o", "cat")
		return strings.Contains(out, text)
	}) {
		b.t.Errorf("it does not say %q but:\n%s", text, out)
	}
}

// serves waits until a client inside is answered.
func (b *box) serves(url string) {
	b.t.Helper()
	var out string
	answered := func() bool {
		out, _ = b.try("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5", url)
		return out == "200"
	}
	if !soon(answered) {
		b.t.Errorf("%s: %s instead of 200\n%s", url, out, b.Said())
	}
}

// family are the service's processes, the master first, by their ids inside.
func (b *box) family() (master string, workers []string) {
	b.t.Helper()
	master = b.show("MainPID")
	return master, strings.Fields(b.run("pgrep", "-P", master))
}

func (b *box) finish() {
	if b.t.Failed() {
		said, _ := b.try("journalctl", "-n", "200", "-o", "short-precise", "--no-pager")
		b.t.Logf("the journal:\n%s", said)
	}
	if b.init != 0 {
		_ = rig.Kill(b.init, syscall.Signal(34+4)) // SIGRTMIN+4: power off
	}
	if _, err := b.Wait(settle); err != nil {
		b.t.Error(err)
		_ = b.Signal(syscall.SIGKILL)
		_, _ = b.Wait(settle)
	}
}

// boxConf needs no server: every client is a monitor.
const boxConf = `[global]
workers = 2
user = "nobody"
chroot = "/run/lbmaster/empty"
[listen.web]
bind = %q
mode = "http"
monitor_net = ["127.0.0.0/8"]
[[listen.web.server]]
name = "a"
address = "127.0.0.1:9"
`

// The unit starts, hardened as it is, tells systemd how it is, and goes on when a reload fails.
func TestSystemdService(t *testing.T) {
	t.Parallel()
	conf := fmt.Sprintf(boxConf, "127.0.0.1:80")
	b := newBox(t, conf)
	b.run("systemd-analyze", "verify", "/etc/systemd/system/lbmaster.service", "/etc/systemd/system/lbmaster.socket")
	b.run("systemctl", "start", "lbmaster")
	b.serves("http://127.0.0.1/")
	if is := b.show("StatusText"); is != "serving with 2 workers" {
		t.Errorf("status %q", is)
	}
	_, workers := b.family()
	if len(workers) != 2 {
		t.Fatalf("workers %q", workers)
	}
	for _, pid := range workers {
		if is := b.run("grep", "-E", "^(Uid|NoNewPrivs|Seccomp|CapEff|CapBnd):", "/proc/"+pid+"/status"); is !=
			"Uid:\t65534\t65534\t65534\t65534\nCapEff:\t"+nothing+"\nCapBnd:\t"+nothing+"\nNoNewPrivs:\t1\nSeccomp:\t2" {
			t.Errorf("worker %s: %s", pid, is)
		}
	}
	b.run("systemctl", "kill", "--kill-whom=main", "-s", "TTOU", "lbmaster")
	if !soon(func() bool { return b.show("StatusText") == "paused" }) {
		t.Errorf("status %q", b.show("StatusText"))
	}
	b.run("systemctl", "kill", "--kill-whom=main", "-s", "TTIN", "lbmaster")
	b.serves("http://127.0.0.1/")
	b.configure("nonsense")
	if out, err := b.try("systemctl", "reload", "lbmaster"); err == nil {
		t.Errorf("a reload of nonsense succeeds: %s", out)
	}
	b.logs("lbmaster.toml:1: ")
	if is := b.show("StatusText"); is != "serving with 2 workers" {
		t.Errorf("status %q", is)
	}
	b.run("systemctl", "kill", "--kill-whom=main", "-s", "USR2", "lbmaster") // who does it by hand learns it from the status
	if !soon(func() bool { return strings.HasPrefix(b.show("StatusText"), "upgrade failed: ") }) {
		t.Errorf("status %q", b.show("StatusText"))
	}
	b.serves("http://127.0.0.1/")
}

// farmConf has a server, and what the unit's users would set.
const farmConf = `[global]
workers = 2
user = "nobody"
chroot = "/run/lbmaster/empty"
[listen.web]
bind = "127.0.0.1:80"
mode = "http"
cookie = { name = "SERVERID", mode = "insert", indirect = true }
timeout = { connect = "5s", client = "30s", server = "30s" }
[[listen.web.server]]
name = "a"
address = "127.0.0.1:8000"
cookie = "A"
`

// crowd is load on farmConf, from here: its server and its clients have the box's network.
func (b *box) crowd() *crowd {
	b.t.Helper()
	n := enterNetwork(b.t, b.init)
	serveOrigin(b.t, "a", "127.0.0.1:8000", n.listen(b.t, "tcp", "127.0.0.1:8000"))
	return startCrowdBy(b.t, n.dial, "127.0.0.1:80", 16, 50*time.Millisecond, 300*time.Millisecond)
}

// Twenty reloads under load fail no request. Then a master that is killed is started again, and the unit stops in order
// though systemd has not started its main process.
func TestSystemdReloadsUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBox(t, farmConf)
	b.run("systemctl", "start", "lbmaster")
	c := b.crowd()
	c.progress(100)
	master, _ := b.family()
	for range 20 {
		b.run("systemctl", "reload", "lbmaster") // it may return before the next generation is there
		before := master
		replaced := func() bool { master = b.show("MainPID"); return master != before && b.show("ActiveState") == "active" }
		if !soon(replaced) {
			t.Fatalf("main process %s, before %s, state %s", master, before, b.show("ActiveState"))
		}
		c.progress(50)
	}
	c.end()
	c.check(t)
	if is := b.show("NRestarts"); is != "0" {
		t.Errorf("%s restarts", is)
	}
	b.run("kill", "-KILL", master)
	if !soon(func() bool { return b.show("MainPID") != master && b.show("ActiveState") == "active" }) {
		t.Fatalf("state %s", b.show("ActiveState"))
	}
	b.serves("http://127.0.0.1/")
	if is := b.show("NRestarts"); is != "1" {
		t.Errorf("%s restarts", is)
	}
	master, workers := b.family()
	if len(workers) != 2 {
		t.Errorf("workers %q", workers)
	}
	b.run("systemctl", "reload", "lbmaster")
	if !soon(func() bool { return b.show("MainPID") != master }) {
		t.Fatalf("state %s", b.show("ActiveState"))
	}
	b.run("systemctl", "stop", "lbmaster")
	if state, result := b.show("ActiveState"), b.show("Result"); state != "inactive" || result != "success" {
		t.Errorf("state %s, result %s", state, result)
	}
	if left, err := b.try("pgrep", "-x", "lbmaster|lb-worker.*"); err == nil {
		t.Errorf("left: %s", left)
	}
}

// A soft stop has as long as its sessions last, and is not taken for a failure.
func TestSystemdSoftStop(t *testing.T) {
	t.Parallel()
	b := newBox(t, farmConf)
	b.run("/bin/sh", "-c", "mkdir $0.d && printf '[Service]\\nTimeoutStopSec=500ms\\n' >$0.d/short.conf", "/etc/systemd/system/lbmaster.service")
	b.run("systemctl", "daemon-reload")
	b.run("systemctl", "start", "lbmaster")
	n := enterNetwork(t, b.init)
	serveOrigin(t, "a", "127.0.0.1:8000", n.listen(t, "tcp", "127.0.0.1:8000"))
	c, err := n.dial("tcp", "127.0.0.1:80", settle)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, upgradeRequest)
	if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != 101 {
		t.Fatalf("no tunnel: %+v, %v", resp, err)
	}
	b.run("systemctl", "kill", "--kill-whom=main", "-s", "USR1", "lbmaster")
	if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n > 0 || !os.IsTimeout(err) {
		t.Errorf("the tunnel has not lived on: %d bytes, %v", n, err)
	}
	if is := b.show("StatusText"); is != "stopping when the last session ends" {
		t.Errorf("status %q", is)
	}
	c.Close()
	if !soon(func() bool { return b.show("ActiveState") == "inactive" }) {
		t.Errorf("the unit is %s", b.show("ActiveState"))
	}
	if result, restarts := b.show("Result"), b.show("NRestarts"); result != "success" || restarts != "0" {
		t.Errorf("result %s, %s restarts", result, restarts)
	}
}

// A configuration that is wrong does not start.
func TestSystemdServiceThatFails(t *testing.T) {
	t.Parallel()
	b := newBox(t, "[global]\nworkers = -1\n")
	if out, err := b.try("systemctl", "start", "lbmaster"); err == nil {
		t.Errorf("it started: %s", out)
	}
	b.logs("global.workers: -1 is out of range")
}

// systemd holds the sockets: clients wait for a service that is not there yet, or not there any more.
func TestSystemdSocketActivation(t *testing.T) {
	t.Parallel()
	b := newBox(t, fmt.Sprintf(boxConf, "fd@web,127.0.0.1:8080"))
	b.run("systemctl", "start", "lbmaster.socket")
	if is := b.show("ActiveState"); is != "inactive" {
		t.Fatalf("the service is %s already", is)
	}
	b.serves("http://127.0.0.1/") // this starts it
	b.serves("http://127.0.0.1:8080/")
	master, workers := b.family()
	if len(workers) != 2 {
		t.Fatalf("workers %q", workers)
	}
	b.run("kill", "-TTOU", master) // the socket is systemd's too, and must listen again
	if !soon(func() bool { return b.show("StatusText") == "paused" }) {
		t.Errorf("status %q", b.show("StatusText"))
	}
	b.run("systemctl", "restart", "lbmaster")
	b.serves("http://127.0.0.1/")
	if now, _ := b.family(); now == master {
		t.Error("it was not restarted")
	}
	// A bind of the same address needs no name.
	b.configure(fmt.Sprintf(boxConf, ":80"))
	b.run("systemctl", "restart", "lbmaster")
	b.serves("http://127.0.0.1/")
	b.logs(`no bind names it" socket="[::]:80 (web)"`)
}

// The unit is as safe as we say.
func TestSystemdSecurity(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip(err)
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--threshold=30", "--no-pager", "../conf/systemd/lbmaster.service").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
