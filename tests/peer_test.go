//go:build linux

package tests

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// installer brings the programs of the distribution that tests need; it remembers what it has tried.
var installer rig.Installer

// program returns the path of a program, which is installed when that is possible. Otherwise the test is skipped.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := installer.Need(name)
	if err != nil {
		t.Skip(err)
	}
	return path
}

// newNginxSite describes a site of n servers that a real web server plays. It closes connections after so many requests.
func newNginxSite(t *testing.T, n, requests int) (site, string) {
	t.Helper()
	nginx := program(t, "nginx")
	s, dir := site{place: newPlace(t)}, t.TempDir()
	var servers []rig.NginxServer
	for i := range n {
		letter := string(rune('A' + i))
		servers = append(servers, rig.NginxServer{Name: "web" + letter, Listen: s.place.server(i)})
		s.servers = append(s.servers, target{"web" + letter, s.place.server(i), cookieOf(letter)})
	}
	p, err := rig.StartNginx(nginx, dir, requests, servers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, p) })
	return s, dir
}

func stopPeer(t *testing.T, p *rig.Process) {
	t.Helper()
	if _, err := p.Stop(15, settle); err != nil {
		t.Errorf("cannot stop %s: %v", p.Name, err)
	}
}

func TestNginxUnderLoad(t *testing.T) {
	t.Parallel()
	s, _ := newNginxSite(t, 4, rig.Endless)
	s.workers, s.listen = 2, insertCookie
	b := s.run(t)
	before := b.workers()
	load := rig.Load{URL: s.place.url("/"), Connections: 50, Threads: 2, Duration: 3 * time.Second}
	r, err := load.Run(program(t, "wrk"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.0f requests/s", r.Rate)
	if r.Failed() > 0 || r.Requests < 1000 {
		t.Errorf("%+v", r)
	}
	load.Headers = []string{"Connection: close"}
	load.Duration = time.Second
	if r, err := load.Run(program(t, "wrk")); err != nil || r.Connect+r.Write+r.Timeout+r.BadCode > 0 || r.Requests < 100 {
		t.Errorf("with Connection: close: %+v, %v", r, err)
	}
	b.sameWorkers(before)
}

// Servers that close their connections after some requests must not be noticed.
func TestNginxClosesConnections(t *testing.T) {
	t.Parallel()
	s, _ := newNginxSite(t, 2, 5)
	s.run(t)
	r, err := rig.Load{URL: s.place.url("/"), Connections: 20, Duration: 2 * time.Second}.Run(program(t, "wrk"))
	if err != nil || r.Failed() > 0 || r.Requests < 500 {
		t.Errorf("%+v, %v", r, err)
	}
}

// What a user does first: curl, with and without a cookie jar, in both versions, up and down.
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := program(t, "curl")
	s, dir := newNginxSite(t, 4, rig.Endless)
	s.workers, s.listen = 2, insertCookie
	s.run(t)
	jar := filepath.Join(dir, "jar")
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(curl, append([]string{"-sS", "--max-time", "20", "-b", jar, "-c", jar}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("curl %s: %v\n%s", args, err, out)
		}
		return string(out)
	}
	first := run(s.place.url("/"))
	for range 8 {
		for _, version := range []string{"--http1.0", "--http1.1"} {
			if got := run(version, s.place.url("/")); got != first {
				t.Errorf("curl %s went to %s, not to %s", version, got, first)
			}
		}
	}
	if got := run("-I", s.place.url("/")); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.Contains(got, "X-Server: "+first) {
		t.Errorf("curl -I: %q", got)
	}
	large := pattern(t, 20_000_000)
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "files", "large"), large, 0o644); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy")
	run("-o", copied, s.place.url("/files/large"))
	if b, err := os.ReadFile(copied); err != nil || sha256.Sum256(b) != sha256.Sum256(large) {
		t.Errorf("the file changed on its way (%d bytes, %v)", len(b), err)
	}
	if got := run("-r", "1000-1009", s.place.url("/files/large")); got != string(large[1000:1010]) {
		t.Errorf("range: %q", got)
	}
	if got := run("-o", os.DevNull, "-w", "%{http_code}", "-T", copied, s.place.url("/files/new")); got != "405" {
		t.Errorf("status %s for an upload that nginx refuses, want 405", got)
	}
}
