//go:build linux

package tests

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

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
	_, workers := b.processes()
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
	master, _ := b.processes()
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
	master, workers := b.processes()
	if len(workers) != 2 {
		t.Errorf("workers %q", workers)
	}
	b.run("systemctl", "reload", "lbmaster")
	over := func() bool {
		_, err := b.try("kill", "-0", master)
		return err != nil && b.show("MainPID") != master
	}
	if !soon(over) {
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
	master, workers := b.processes()
	if len(workers) != 2 {
		t.Fatalf("workers %q", workers)
	}
	b.run("kill", "-TTOU", master) // the socket is systemd's too, and must listen again
	if !soon(func() bool { return b.show("StatusText") == "paused" }) {
		t.Errorf("status %q", b.show("StatusText"))
	}
	b.run("systemctl", "restart", "lbmaster")
	b.serves("http://127.0.0.1/")
	if now, _ := b.processes(); now == master {
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
