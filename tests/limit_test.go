//go:build linux

package tests

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// maxconn holds for the instance, whatever the number of workers, and what a killed worker had is free again.
func TestMaxconn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, global, listen string }{
		{"of the instance", "maxconn = 20", ""},
		{"of the frontend", "", "maxconn = 20"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.workers, s.global, s.listen = 2, tt.global, tt.listen
			limitHolds(t, s.run(t), 20)
		})
	}
}

func limitHolds(t *testing.T, b *balancer, limit int) {
	t.Helper()
	q := &queue{t: t, b: b}
	for range 3 * limit {
		q.join()
	}
	q.answered(limit, limit)
	for range 5 {
		q.leave()
	}
	q.answered(limit+5, limit)
	victim := b.workers()[0]
	held := q.held()[victim]
	b.killWorker(victim)
	q.answered(limit+5+held, limit)
	replaced(t, b, victim, 2)
	q.answered(limit+5+held, limit)
	for range 3*limit - 5 - held {
		q.leave()
	}
	q.answered(3*limit, limit)
}

// queue is a crowd of clients that send a request each and stay connected after the answer.
type queue struct {
	t       *testing.T
	b       *balancer
	waiting chan *raw // those that were answered, in that order
	count   atomic.Int64
}

// join adds a client. It waits for its answer in the background.
func (q *queue) join() {
	if q.waiting == nil {
		q.waiting = make(chan *raw, 1000)
	}
	c := dial(q.t, q.b.place.front())
	c.send("GET / HTTP/1.1\r\nHost: queue\r\n\r\n")
	c.deadline(fatal)
	go func() {
		line, err := c.r.ReadString('\n')
		if err == nil && line == "HTTP/1.1 200 OK\r\n" {
			q.count.Add(1)
			q.waiting <- c
		}
	}()
}

// leave disconnects the client that was answered first and is still there.
func (q *queue) leave() {
	q.t.Helper()
	select {
	case c := <-q.waiting:
		c.Close()
	case <-time.After(settle):
		q.t.Fatal("nobody was answered")
	}
}

// held counts the connections of each worker.
func (q *queue) held() map[int]int {
	q.t.Helper()
	held, err := rig.Connections(netip.MustParseAddrPort(q.b.place.front()), q.b.workers())
	if err != nil {
		q.t.Fatal(err)
	}
	return held
}

// answered waits until exactly n clients in all have been answered, and proves that no more than limit are let in, not
// even a while later.
func (q *queue) answered(n, limit int) {
	q.t.Helper()
	sum := func() (n int) {
		for _, k := range q.held() {
			n += k
		}
		return n
	}
	within := func() { // /proc tells of different moments: a client that leaves and its successor may both be seen
		if first := sum(); first > limit {
			if again := sum(); again > limit {
				q.t.Fatalf("%d connections were let in, and then %d, the limit is %d", first, again, limit)
			}
		}
	}
	if !soon(func() bool { within(); return q.count.Load() == int64(n) }) {
		q.t.Fatalf("%d clients answered, want %d; connections let in: %v", q.count.Load(), n, q.held())
	}
	rig.Until(100*time.Millisecond, func() bool { within(); return false })
	if got := q.count.Load(); got != int64(n) {
		q.t.Fatalf("%d clients answered, want %d", got, n)
	}
}

// A frontend that is full takes nothing from another one, as long as the instance has room.
func TestMaxconnOfOneFrontendOnly(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers, s.listen = 2, "maxconn = 3"
	s.tail = fmt.Sprintf("[listen.other]\nbind = %q\nmode = \"http\"\nserver = [{ name = \"webA\", address = %q }]\n", s.place.addr(2, 8080), s.place.server(0))
	s.run(t)
	var served []*raw
	for range 3 {
		c := dial(t, s.place.front())
		c.get("/", 200)
		served = append(served, c)
	}
	waits := dial(t, s.place.front())
	waits.send("GET /waited HTTP/1.1\r\nHost: h\r\n\r\n")
	for range 10 {
		dial(t, s.place.addr(2, 8080)).get("/", 200)
	}
	waits.silent(50 * time.Millisecond)
	served[1].Close()
	if a := waits.answer("GET"); a.body != "webA /waited\n" {
		t.Errorf("the client that waited got %q", a.body)
	}
}

// maxconn holds over all generations: what an older one still holds counts for the next one, until it has ended there, or its
// worker has.
func TestMaxconnAcrossUpgrade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, global, listen string }{
		{"of the instance", "maxconn = 100", ""},
		{"of the frontend", "", "maxconn = 100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.workers, s.global, s.listen = 2, tt.global, tt.listen
			limitHoldsAcrossUpgrade(t, startInstance(t, s))
		})
	}
}

func limitHoldsAcrossUpgrade(t *testing.T, inst *instance) {
	const limit = 100
	old := inst.workers()
	var tunnels []*raw
	for range 80 {
		c := dial(t, inst.place.front())
		c.send(upgradeRequest)
		c.answer("GET")
		tunnels = append(tunnels, c)
	}
	inst.upgrade()
	q := &queue{t: t, b: inst.balancer}
	for range 2 * limit {
		q.join()
	}
	q.lets(20)
	for _, c := range tunnels[:5] {
		c.Close()
	}
	q.lets(25)
	q.leave()
	q.lets(26)
	held, err := rig.Connections(netip.MustParseAddrPort(inst.place.front()), old)
	if err != nil {
		t.Fatal(err)
	}
	if held[old[0]]+held[old[1]] != 75 {
		t.Fatalf("the old workers hold %v connections, want 75", held)
	}
	if err := rig.Kill(old[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	q.lets(26 + held[old[0]])
	inst.upgrade() // now there are three generations
	q.lets(26 + held[old[0]])
	for _, c := range tunnels {
		c.Close()
	}
	q.lets(limit + 1)
}

// lets proves that so many clients have been answered in all, and that no more are.
func (q *queue) lets(n int) {
	q.t.Helper()
	if !soon(func() bool { return q.count.Load() >= int64(n) }) {
		q.t.Fatalf("%d clients answered, want %d", q.count.Load(), n)
	}
	rig.Until(300*time.Millisecond, func() bool { return q.count.Load() > int64(n) })
	if got := q.count.Load(); got != int64(n) {
		q.t.Fatalf("%d clients answered, want %d", got, n)
	}
}

// Clients that are handed over keep their places on the way: nobody else gets in because of an upgrade.
func TestMaxconnWhileClientsMove(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers, s.global = 2, "maxconn = 100"
	inst := startInstance(t, s)
	q := &queue{t: t, b: inst.balancer}
	for range 300 {
		q.join()
	}
	q.lets(100)
	for range 5 {
		inst.upgrade()
		q.lets(100)
	}
	if !soon(func() bool { return len(inst.children()) == 2 }) {
		t.Errorf("children %v, though all clients have moved", inst.children())
	}
	for range 10 {
		q.leave()
	}
	q.lets(110)
}
