//go:build linux

package tests

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lbmaster/tools/rig"
)

// The tests at the limit of files: clients have taken every descriptor of the workers. Nothing but new clients is
// refused then.

// fewFiles is a limit of open files that some 260 clients exceed many times.
const fewFiles = 60

// crowded is a site of two workers that clients with half a head have filled, and more of them wait in the queues.
type crowded struct {
	*instance
	site    site
	begun   []*raw // clients whose requests are being sent: they were here first
	halves  []*raw
	workers []int // those that are full
}

// crowdOut fills the workers of a site.
func crowdOut(t *testing.T, prepare func(s *site)) *crowded {
	t.Helper()
	s, _ := newSite(t, 1)
	s.workers, s.global = 2, "ulimit_n = 60"
	s.timeout = `{ connect = "5s", client = "60s", server = "60s", check = "5s" }`
	if prepare != nil {
		prepare(&s)
	}
	c := &crowded{instance: startInstance(t, s), site: s}
	c.workers = c.balancer.workers()
	for range 8 {
		r := dial(t, s.place.front())
		r.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab")
		c.begun = append(c.begun, r)
	}
	for range 260 {
		r := dial(t, s.place.front())
		r.send("GET / HTTP/1.1\r\nHo")
		c.halves = append(c.halves, r)
	}
	if !soon(func() bool { return rig.CountFDs(c.workers[0]) >= fewFiles && rig.CountFDs(c.workers[1]) >= fewFiles }) {
		t.Fatalf("%d and %d descriptors are in use", rig.CountFDs(c.workers[0]), rig.CountFDs(c.workers[1]))
	}
	return c
}

// finish ends the requests that were being sent: each is answered.
func (c *crowded) finish(who []*raw, rest string) {
	c.t.Helper()
	cut := 0
	for _, r := range who {
		r.send(rest)
		if a, err := r.read("GET"); err != nil || a.StatusCode != 200 {
			cut++
		}
		r.Close()
	}
	if cut > 0 {
		c.t.Errorf("%d of %d requests that were being sent were not served", cut, len(who))
	}
}

// keepsMaster proves that no child has taken its master for dead, or hung.
func (c *crowded) keepsMaster() {
	c.t.Helper()
	for _, bad := range []string{"the master is gone", "hangs"} {
		if c.Stderr.Has(bad) {
			c.t.Errorf("it says %q", bad)
		}
	}
}

// TestWorkerDiesWithoutFiles: its sibling is lent its shard, has no descriptor left for clients, and goes on listening to the
// master.
func TestWorkerDiesWithoutFiles(t *testing.T) {
	t.Parallel()
	c := crowdOut(t, nil)
	left := c.workers[1]
	c.killWorker(c.workers[0])
	if !soon(func() bool {
		return strings.Contains(c.Stderr.String(), "worker is back") || len(c.balancer.workers()) == 2
	}) {
		t.Fatal("the worker does not come back")
	}
	c.keepsMaster()
	c.pause() // an order that both have to confirm
	c.resume("resumed")
	c.keepsMaster()
	for _, r := range c.halves {
		r.Close()
	}
	dial(t, c.site.place.front()).get("/", 200)
	if now := c.balancer.workers(); len(now) != 2 || now[0] != left && now[1] != left {
		t.Errorf("workers %v, %d among them before", now, left)
	}
}

// TestUpgradeWithoutFiles: what is being sent is finished by those who have received its beginning, and these leave then.
func TestUpgradeWithoutFiles(t *testing.T) {
	t.Parallel()
	c := crowdOut(t, nil)
	c.upgrade()
	c.finish(c.begun, "cd")
	c.finish(c.halves, "st: a\r\nConnection: close\r\n\r\n")
	c.keepsMaster()
	if !soon(func() bool { return !rig.Alive(c.workers[0]) && !rig.Alive(c.workers[1]) }) {
		t.Errorf("old workers go on: %v of %v", c.children(), c.workers)
	}
}

// TestAdminWithoutFiles: the interfaces answer, and so does a worker that is asked for a profile.
func TestAdminWithoutFiles(t *testing.T) {
	t.Parallel()
	c := crowdOut(t, func(s *site) {
		s.withAdmin(t)
		s.tail += "pprof = true\n"
	})
	if status, text := c.site.fetchProfile(t, "worker/1/goroutine"); status != 200 || !strings.Contains(text, "Proxy).Run") {
		t.Errorf("profile: status %d, %q", status, text)
	}
	if text := tell(t, c.site.socket, "show info"); !strings.Contains(text, "Pid") {
		t.Errorf("show info: %q", text)
	}
	c.keepsMaster()
	c.sameWorkers(c.workers)
}

// TestLogIsReopenedWithoutFiles: a log that is started again hears of requests, though its new sockets need descriptors.
func TestLogIsReopenedWithoutFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	before := startSink(t, "unixgram", path, "unix:"+path)
	c := crowdOut(t, func(s *site) {
		s.global += "\n" + before.target()
		s.listen = httplog
	})
	before.close()
	after := startSink(t, "unixgram", path, "unix:"+path)
	heard := false
	for _, r := range append(c.begun, c.halves...) { // the first line of each worker finds that its socket has nobody at the other end
		if len(after.lines) > 0 {
			heard = true
		} else if slices.Contains(c.begun, r) {
			c.finish([]*raw{r}, "cd")
		} else {
			c.finish([]*raw{r}, "st: a\r\nConnection: close\r\n\r\n")
		}
	}
	if !heard && !soon(func() bool { return len(after.lines) > 0 }) {
		t.Error("the log that was started again hears nothing")
	}
	c.keepsMaster()
	c.sameWorkers(c.workers)
}
