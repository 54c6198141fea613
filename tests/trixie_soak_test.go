//go:build linux && soak

package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newTrixie returns the root of a Debian 13, whose systemd is newer than those that most of us have: packages unpacked and not
// configured, which is enough to boot it.
func newTrixie(t *testing.T) string {
	t.Helper()
	needs(t, "debootstrap", "dpkg-deb")
	packages, root := t.TempDir(), t.TempDir()
	if out, err := fetchTrixie(packages); err != nil {
		t.Skipf("no Debian 13 can be had: %v\n%s", err, out)
	}
	all, _ := filepath.Glob(filepath.Join(packages, "var/cache/apt/archives/*.deb"))
	for _, deb := range all {
		if out, err := exec.Command("dpkg-deb", "-x", deb, root).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", deb, err, out)
		}
	}
	for _, name := range []string{"passwd", "group"} {
		err := os.Rename(filepath.Join(root, "usr/share/base-passwd", name+".master"), filepath.Join(root, "etc", name))
		if err != nil {
			t.Fatal(err)
		}
	}
	// Without this file it would be its first boot, at which everything is enabled that there is.
	if err := os.WriteFile(filepath.Join(root, "etc/machine-id"), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	return root
}

// fetchTrixie downloads packages into a directory. What has come is kept when something does not, and the rest is asked for
// again.
func fetchTrixie(packages string) (out []byte, err error) {
	for range 3 {
		fetch := exec.Command("timeout", "80", "debootstrap", "--download-only", "--variant=minbase", "--include=systemd,procps", "trixie", packages)
		if out, err = fetch.CombinedOutput(); err == nil {
			break
		}
	}
	return out, err
}

// With Type=notify-reload a reload returns when the next generation serves, and when there will be none.
func TestSoakNotifyReload(t *testing.T) {
	t.Parallel()
	b := newBoxOf(t, newTrixie(t), farmConf)
	b.run("install", "-D", "/etc/systemd/system/notify-reload.conf", "/etc/systemd/system/lbmaster.service.d/notify-reload.conf")
	b.run("systemctl", "daemon-reload")
	b.run("systemctl", "start", "lbmaster")
	c := b.crowd()
	c.progress(100)
	master, _ := b.processes()
	reloads := func() {
		t.Helper()
		b.run("systemctl", "reload", "lbmaster")
		before := master
		if master = b.show("MainPID"); master == before {
			t.Errorf("the main process is still %s", before)
		}
		b.is("running", "serving")
	}
	for range 10 {
		reloads()
		c.progress(50)
	}
	b.configure("nonsense")
	if out, err := b.try("systemctl", "reload", "lbmaster"); err == nil {
		t.Errorf("a reload of nonsense succeeds: %s", out)
	}
	b.is("running", "upgrade failed: the check of the new program and configuration fails: ")
	// What only the new master finds out systemctl is not told: that the unit serves is all that it can hear.
	b.configure(strings.Replace(farmConf, "127.0.0.1:80\"", "127.0.0.1:80,127.0.0.1:8000\"", 1))
	b.run("systemctl", "reload", "lbmaster")
	b.is("running", "upgrade failed: ")
	if now := b.show("MainPID"); now != master {
		t.Errorf("the main process is %s, and was %s", now, master)
	}
	b.configure(farmConf)
	reloads()
	c.end()
	c.check(t)
	b.run("kill", "-TTOU", master)
	if !soon(func() bool { return b.show("StatusText") == "paused" }) {
		t.Errorf("status %q", b.show("StatusText"))
	}
	b.run("systemctl", "reload", "lbmaster") // it is refused, and does not wait for what does not come
	b.is("running", "paused")
	b.run("kill", "-TTIN", master)
	reloads()
	if is := b.show("NRestarts"); is != "0" {
		t.Errorf("%s restarts", is)
	}
	b.run("systemctl", "stop", "lbmaster")
	b.is("dead", "")
}

// is compares the state of the unit, and how its status begins.
func (b *box) is(state, status string) {
	b.t.Helper()
	if is := b.show("SubState"); is != state {
		b.t.Errorf("the unit is %s, and should be %s", is, state)
	}
	if is := b.show("StatusText"); !strings.HasPrefix(is, status) {
		b.t.Errorf("status %q does not begin with %q", is, status)
	}
}
