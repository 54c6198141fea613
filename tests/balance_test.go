//go:build linux

package tests

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"lbmaster/tools/rig"
)

// Every worker goes round robin by itself, so that over all of them the difference between two servers is at most
// the number of workers.
func TestRequestsSpreadEvenlyOverServers(t *testing.T) {
	t.Parallel()
	const servers, workers, n = 4, 2, 400
	s, origins := newSite(t, servers)
	s.workers = workers
	s.run(t)
	fresh := newClient(t)
	fresh.Transport.(*http.Transport).DisableKeepAlives = true
	for i := range n {
		fetch(t, fresh, s.place.url(fmt.Sprintf("/%d", i)))
	}
	for _, o := range origins {
		if got := o.Stats().Requests; got < n/servers-workers || got > n/servers+workers {
			t.Errorf("%s got %d requests of %d:\n%s", o.name, got, n, rows(origins))
		}
	}
}

func TestRequestsOfOneConnectionSpreadEvenly(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 4)
	s.run(t)
	c := dial(t, s.place.front())
	for range 40 {
		c.get("/", 200)
	}
	for _, o := range origins {
		if got := o.Stats().Requests; got != 10 {
			t.Errorf("%s got %d requests of 40", o.name, got)
		}
	}
}

// The kernel spreads connections by a hash of the addresses: of 300 connections each of two workers has 150 on
// average, and fewer than 100 once in a hundred million runs.
func TestConnectionsSpreadOverWorkers(t *testing.T) {
	t.Parallel()
	const n = 300
	s, _ := newSite(t, 1)
	s.workers = 2
	b := s.run(t)
	for range n {
		dial(t, s.place.front()).get("/", 200)
	}
	front := netip.MustParseAddrPort(s.place.front())
	held, err := rig.Connections(front, b.workers())
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, pid := range b.workers() {
		total += held[pid]
		if held[pid] < n/3 {
			t.Errorf("worker %d has %d connections of %d", pid, held[pid], n)
		}
	}
	if total != n {
		t.Errorf("the workers have %d connections, want %d", total, n)
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 3)
	for i, weight := range []int{3, 1, 0} {
		s.servers[i].extra = fmt.Sprintf("weight = %d", weight)
	}
	s.run(t)
	client := newClient(t)
	for range 40 {
		fetch(t, client, s.place.url("/"))
	}
	for i, want := range []int64{30, 10, 0} {
		if got := origins[i].Stats().Requests; got != want {
			t.Errorf("%s got %d requests, want %d", origins[i].name, got, want)
		}
	}
}

func TestFrontendAndBackendAndSeveralBinds(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "app", p.server(0))
	conf := fmt.Sprintf(`[global]
workers = 2
[defaults]
mode = "http"
timeout = %s
[frontend.www]
bind = ["%s,%s", "%s-8083"]
default_backend = "app"
[backend.app]
balance = "roundrobin"
[[backend.app.server]]
name = "app"
address = %q
`, patient, p.addr(1, 8080), p.addr(2, 8080), p.addr(1, 8081), p.server(0))
	b := launch(t, p, conf)
	b.awaitReady()
	binds := []string{p.addr(1, 8080), p.addr(2, 8080), p.addr(1, 8081), p.addr(1, 8082), p.addr(1, 8083)}
	client := newClient(t)
	for _, addr := range binds {
		if a := fetch(t, client, "http://"+addr+"/x"); a.body != "app /x\n" {
			t.Errorf("%s answered %q", addr, a.body)
		}
	}
}

func TestUnixSockets(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	dir := t.TempDir()
	startUnixOrigin(t, "app", dir+"/app.sock")
	s := site{place: p, workers: 2, bind: p.front() + "," + "unix:" + dir + "/front.sock"}
	s.servers = []target{{name: "app", address: "unix:" + dir + "/app.sock"}}
	s.run(t)
	client := newClient(t)
	if a := fetch(t, client, p.url("/over-tcp")); a.body != "app /over-tcp\n" {
		t.Errorf("over TCP: %q", a.body)
	}
	client.Transport = unixTransport(t, dir+"/front.sock")
	for range 10 {
		if a := fetch(t, client, "http://unix/over-unix"); a.body != "app /over-unix\n" {
			t.Errorf("over the unix socket: %q", a.body)
		}
	}
}

// Workers that start together begin with different servers; each goes on in the order of declaration.
func TestOrderOfServers(t *testing.T) {
	t.Parallel()
	const workers, letters = 4, "ABCD"
	s, _ := newSite(t, len(letters))
	log := newSink(t, s.place)
	s.workers, s.global, s.listen = workers, log.target(), httplog
	s.run(t)
	order := make(map[int]string) // by worker
	for range 200 {
		c := dial(t, s.place.front())
		c.get("/", 200)
		c.Close()
		l := log.http()
		order[l.pid] += strings.TrimPrefix(l.server, "web/web")
	}
	begins := make(map[string]bool)
	for pid, served := range order {
		if endless := strings.Repeat(letters, 60); !strings.Contains(endless, served) {
			t.Errorf("worker %d used %s", pid, served)
		}
		begins[served[:1]] = true
	}
	if len(order) != workers || len(begins) != workers {
		t.Errorf("of %d workers, %d began with %v", workers, len(order), begins)
	}
}
