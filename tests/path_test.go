//go:build linux

package tests

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// keepAsking connects to a path, and returns what sends a request and takes its answer on that connection.
func keepAsking(t *testing.T, path string) func() {
	t.Helper()
	conn, err := net.DialTimeout("unix", path, settle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	in := bufio.NewReader(conn)
	return func() {
		t.Helper()
		err := conn.SetDeadline(time.Now().Add(settle))
		if err == nil {
			_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		if err == nil {
			_, err = answered(in, "GET")
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// A path that somebody has removed is back with the next generation, that of a bind and that of the admin socket; whoever had
// connected before is served. If the path is another program's by then, there is no next generation.
func TestUpgradeMakesPathsAnew(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"USR2": syscall.SIGUSR2, "HUP": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, d := unixSite(t)
			s.workers = 2
			front, admin := d.path("front.sock"), d.path("admin.sock")
			s.tail = fmt.Sprintf("[admin]\nsocket = %q\n", admin)
			d.write("conf.toml", s.text())
			said := d.path("log")
			if status, out := d.command("/bin/sh", "-c", d.exe+" -D -p pid -c conf.toml 2>log"); status != 0 {
				t.Fatal(out)
			}
			first := d.pid("pid")
			ask := keepAsking(t, front)
			ask()
			for _, path := range []string{front, admin} {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			other, err := net.Listen("unix", admin)
			if err != nil {
				t.Fatal(err)
			}
			d.kill(first, sig)
			log := func() string { text, _ := os.ReadFile(said); return string(text) }
			want := fmt.Sprintf("cannot bind unix:%s for admin: address already in use: process %d (", admin, os.Getpid())
			if !rig.Until(fatal, func() bool { return strings.Contains(log(), "did not come up") }) || !strings.Contains(log(), want) {
				t.Errorf("it does not say %q:\n%s", want, log())
			}
			d.onlyPath() // the attempt leaves nothing
			ask()
			other.Close()

			d.kill(first, sig)
			d.gone(first)
			second := d.pid("pid")
			if second == first {
				t.Fatal("there is no next generation")
			}
			d.get(front)
			if !soon(func() bool {
				said, err := tryTell(admin, "show info")
				return err == nil && strings.Contains(said, fmt.Sprintf("\nPid: %d\n", second))
			}) {
				t.Error("the admin socket is not that of the next generation")
			}
			ask()
			d.kill(second, syscall.SIGTERM)
			d.gone(second)
			d.onlyPath()
		})
	}
}
