//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// unixSite is a site that listens on a unix socket of the barracks, and nowhere else.
func unixSite(t *testing.T) (site, *barracks) {
	t.Helper()
	s, _ := newSite(t, 1)
	d := newBarracks(t, s.place)
	s.bind = "unix:" + d.path("front.sock")
	return s, d
}

// onlyPath proves that the socket has its path, and that there is no other one.
func (d *barracks) onlyPath(want ...string) {
	d.t.Helper()
	found := func() []string {
		all, _ := filepath.Glob(d.path("front.sock*"))
		return all
	}
	if !soon(func() bool { return fmt.Sprint(found()) == fmt.Sprint(want) }) {
		d.t.Errorf("there are %q, want %q", found(), want)
	}
}

// get asks whoever answers on the path.
func (d *barracks) get(path string) answer {
	d.t.Helper()
	client := newClient(d.t)
	client.Transport = unixTransport(d.t, path)
	return fetch(d.t, client, "http://unix/")
}

// An instance that is replaced loses the path of its unix socket to the next one, and nobody who comes notices.
func TestReplaceUnixSocket(t *testing.T) {
	t.Parallel()
	s, d := unixSite(t)
	path := d.path("front.sock")
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	c := &crowd{addr: path, open: func(_, addr string, limit time.Duration) (net.Conn, error) {
		return net.DialTimeout("unix", addr, limit)
	}, stop: make(chan struct{})}
	t.Cleanup(c.end)
	for range 4 {
		c.running.Go(c.come)
	}
	for range 5 {
		first, before := d.pid("pid"), c.coming.Load()
		d.lbmaster("-D", "-p", "pid", "-c", "conf.toml", "-sf", strconv.Itoa(first))
		d.gone(first)
		if !soon(func() bool { return c.coming.Load() > before+100 }) {
			t.Fatal("nobody is served")
		}
	}
	c.end()
	if n := len(c.failures); n > 0 {
		t.Errorf("%d of %d failed: %q", n, int(c.coming.Load())+n, c.failures[:min(n, 10)])
	}
	d.onlyPath(path)
	last := d.pid("pid")
	d.kill(last, syscall.SIGTERM)
	d.gone(last)
	d.onlyPath()
}

// One that does not come up gives the path back; another program's path it does not get.
func TestReplacementGivesPathBack(t *testing.T) {
	t.Parallel()
	s, d := unixSite(t)
	path := d.path("front.sock")
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml")
	first := d.pid("pid")
	stranger, err := net.Listen("tcp", s.place.addr(2, 8404))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}

	d.write("more.toml", s.text()+fmt.Sprintf("[admin]\nlisten = %q\n", stranger.Addr()))
	if status, said := d.command(d.exe, "-D", "-p", "pid", "-c", "more.toml", "-sf", strconv.Itoa(first)); status != 1 {
		t.Errorf("exit status %d: %s", status, said)
	}
	d.onlyPath(path)
	if is, err := os.Stat(path); err != nil || !os.SameFile(was, is) {
		t.Errorf("the path is not that of the first instance: %v", err)
	}
	d.get(path)

	other, err := net.Listen("unix", d.path("other.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s.bind = "unix:" + d.path("other.sock")
	d.write("other.toml", s.text())
	if status, said := d.command(d.exe, "-D", "-p", "pid", "-c", "other.toml", "-sf", strconv.Itoa(first)); status != 1 {
		t.Errorf("exit status %d: %s", status, said)
	}
	d.get(path)
	d.kill(first, syscall.SIGTERM)
	d.gone(first)
	d.onlyPath()
}

// HAProxy's path can be had too, by which HAProxy itself did not bind.
func TestReplaceHAProxyOnUnixSocket(t *testing.T) {
	t.Parallel()
	s, d := unixSite(t)
	path := d.path("front.sock")
	conf := fmt.Sprintf("defaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n"+
		"listen web\n bind %s\n bind unix@%s\n errorfile 503 %s\n", s.place.addr(3, 8080), path, d.write("503.http", "HTTP/1.0 200 OK\r\n\r\nhaproxy"))
	p, err := rig.StartHAProxy(program(t, "haproxy"), t.TempDir(), conf, s.place.addr(3, 8080))
	if err != nil {
		t.Fatal(err)
	}
	defer stopPeer(t, p)
	d.onlyPath(path) // it has its name later than the port
	if a := d.get(path); a.body != "haproxy" {
		t.Errorf("HAProxy answers %q", a.body)
	}
	d.write("conf.toml", s.text())
	d.lbmaster("-D", "-p", "pid", "-c", "conf.toml", "-sf", strconv.Itoa(p.Pid))
	if !soon(func() bool { return !rig.Connectable(s.place.addr(3, 8080)) }) {
		t.Error("HAProxy goes on")
	}
	if a := d.get(path); a.body == "haproxy" {
		t.Errorf("HAProxy still answers %q", a.body)
	}
	d.onlyPath(path)
	last := d.pid("pid")
	d.kill(last, syscall.SIGTERM)
	d.gone(last)
	d.onlyPath()
}
