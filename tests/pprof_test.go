//go:build linux

package tests

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// fetchProfile asks for a profile, and returns its status and its text: what it says, or what is wrong.
func (s *site) fetchProfile(t *testing.T, path string) (int, string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: settle}
	a, err := tryFetch(c, "http://"+s.metrics()+"/debug/pprof/"+path)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	z, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		return a.StatusCode, a.body // no profile
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return a.StatusCode, string(text)
}

// TestProfiles: the admin listener has profiles of the monitor and of each worker, and nothing is lost meanwhile.
func TestProfiles(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	s.tail += "pprof = true\n"
	b := s.run(t)
	h := startHammer(t, s.place.front(), 16, "/")
	h.progress(t, 10)
	_, first := s.fetchProfile(t, "worker/0/profile?seconds=1")
	_, second := s.fetchProfile(t, "worker/1/profile?seconds=1")
	if !strings.Contains(first+second, "lbmaster/worker/loop.(*Loop).Turn") {
		t.Errorf("the loop is in no worker's profile: %q, %q", first, second)
	}
	for _, tt := range []struct {
		path, want string
	}{
		{"worker/1/goroutine", "lbmaster/worker/proxy.(*Proxy).Run"},
		{"worker/0/heap", "inuse_space"},
		{"profile?seconds=1", "nanoseconds"},
		{"heap", "inuse_space"},
	} {
		if status, text := s.fetchProfile(t, tt.path); status != 200 || !strings.Contains(text, tt.want) {
			t.Errorf("%s: status %d, %d bytes without %s", tt.path, status, len(text), tt.want)
		}
	}
	for path, want := range map[string]string{
		"worker/2/profile":           "404 there is no worker 2: they are numbered from 0 to 1",
		"worker/-1/profile":          "404 there is no worker -1",
		"worker/x/profile":           "404 there is no worker x",
		"worker/0/profile?seconds=0": "400 seconds=\"0\" is not a number from 1 to 300",
		"profile?seconds=1e3":        "400 seconds=\"1e3\" is not a number from 1 to 300",
		"worker/0/virtue":            "503 worker 0 writes no such profile",
		"cmdline":                    "404",
	} {
		if status, text := s.fetchProfile(t, path); !strings.HasPrefix(fmt.Sprint(status, " ", text), want) {
			t.Errorf("%s: %d %q, want %q", path, status, text, want)
		}
	}
	if h.end(); len(h.failed()) > 0 {
		t.Errorf("failed requests: %+v", h.failed())
	}
	if workers := b.workers(); len(workers) != 2 {
		t.Errorf("%d workers", len(workers))
	}
}

// TestProfilesAtTheSameTime: a worker writes one profile of its time at a time, and whoever goes away before it is complete
// keeps nobody from the next.
func TestProfilesAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	s.tail += "pprof = true\n"
	s.run(t)
	statuses := make(chan int)
	for range 2 {
		go func() {
			status, _ := s.fetchProfile(t, "worker/0/profile?seconds=2")
			statuses <- status
		}()
	}
	if a, b := <-statuses, <-statuses; a+b != 200+503 {
		t.Errorf("two at the same time: status %d and %d", a, b)
	}
	impatient := dial(t, s.metrics())
	impatient.send("GET /debug/pprof/worker/0/profile?seconds=1 HTTP/1.1\r\nHost: x\r\n\r\n")
	impatient.Close()
	if !soon(func() bool { status, _ := s.fetchProfile(t, "worker/0/profile?seconds=1"); return status == 200 }) {
		t.Error("no profile after one that nobody waited for")
	}
}

// TestNoProfiles: who has not asked for profiles has none.
func TestNoProfiles(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	s.run(t)
	for _, path := range []string{"", "profile", "heap", "worker/0/profile"} {
		if status, text := s.fetchProfile(t, path); status != 404 {
			t.Errorf("%q: status %d, %q", path, status, text)
		}
	}
}
