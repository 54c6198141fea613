package poll

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fatal is how long a test waits for what should come at once.
const fatal = 10 * time.Second

func newPoller(t testing.TB) *Poller {
	t.Helper()
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func eventfd(t testing.TB) int {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// pair makes two connected stream sockets.
func pair(t testing.TB) (a, b int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	return p[0], p[1]
}

// bump makes an eventfd readable, or readable again.
func bump(t testing.TB, fd int) {
	t.Helper()
	if _, err := unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, fd int, text string) {
	t.Helper()
	if n, err := unix.Write(fd, []byte(text)); n != len(text) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
}

func add(t testing.TB, p *Poller, fd int, want Ready, token Token) {
	t.Helper()
	if e := p.Add(fd, want, token); e != 0 {
		t.Fatalf("Add: %v", e)
	}
}

// expect checks that there is exactly one event now, or none when ready is 0.
func expect(t *testing.T, p *Poller, what string, token Token, ready Ready) {
	t.Helper()
	n, e := p.Wait(0)
	if e != 0 || n > 1 || (n == 1) != (ready != 0) {
		t.Errorf("%s: %d events, %v", what, n, e)
		return
	}
	if n == 0 {
		return
	}
	if gotToken, got := p.Event(0); gotToken != token || got != ready {
		t.Errorf("%s: token %v, ready %#x, want %v, %#x", what, gotToken, got, token, ready)
	}
}

func TestTokens(t *testing.T) {
	p := newPoller(t)
	for _, c := range []struct {
		kind      uint8
		slot, seq uint32
		wantSlot  uint32
	}{
		{0, 0, 0, 0},
		{1, 2, 3, 2},
		{255, MaxSlots - 1, math.MaxUint32, MaxSlots - 1},
		{128, 1 << 23, 1 << 31, 1 << 23},
		{7, MaxSlots, 1, 0}, // not allowed, but must not reach into the kind
	} {
		fd := eventfd(t)
		bump(t, fd)
		add(t, p, fd, Readable, NewToken(c.kind, c.slot, c.seq))
		if n, e := p.Wait(0); n != 1 || e != 0 {
			t.Fatalf("%d events, %v", n, e)
		}
		got, _ := p.Event(0)
		if got.Kind() != c.kind || got.Slot() != c.wantSlot || got.Seq() != c.seq {
			t.Errorf("%v came back as kind %d, slot %d, seq %d", c, got.Kind(), got.Slot(), got.Seq())
		}
		p.Remove(fd)
	}
}

func TestStreamTellsWhatIsThere(t *testing.T) {
	p, token := newPoller(t), NewToken(1, 2, 3)
	a, b := pair(t)
	write(t, b, "x")
	add(t, p, a, Stream, token)
	expect(t, p, "data before Add", token, Readable|Writable)
}

func TestStreamIsEdgeTriggered(t *testing.T) {
	p, token := newPoller(t), NewToken(1, 2, 3)
	a, b := pair(t)
	add(t, p, a, Stream, token)
	expect(t, p, "Add", token, Writable)
	expect(t, p, "nothing new", token, 0)
	write(t, b, "x")
	expect(t, p, "data", token, Readable|Writable)
	expect(t, p, "the same data", token, 0)
	write(t, b, "y")
	expect(t, p, "more data, nothing read yet", token, Readable|Writable)
	unix.Shutdown(b, unix.SHUT_WR)
	expect(t, p, "the peer is done", token, Readable|Writable|PeerDone)
	expect(t, p, "nothing new", token, 0)
}

func TestStreamTellsWhenThereIsRoom(t *testing.T) {
	p, token := newPoller(t), NewToken(1, 2, 3)
	a, b := pair(t)
	piece := make([]byte, 64<<10)
	for err := error(nil); err != unix.EAGAIN; _, err = unix.Write(a, piece) {
		if err != nil {
			t.Fatal(err)
		}
	}
	add(t, p, a, Stream, token)
	expect(t, p, "full", token, 0)
	for err := error(nil); err != unix.EAGAIN; _, err = unix.Read(b, piece) {
		if err != nil {
			t.Fatal(err)
		}
	}
	expect(t, p, "emptied", token, Writable)
}

func TestStreamTellsTheEnd(t *testing.T) {
	p, token := newPoller(t), NewToken(1, 2, 3)
	two, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(two[0])
	add(t, p, two[0], Stream, token)
	expect(t, p, "Add", token, Writable)
	unix.Close(two[1])
	if n, _ := p.Wait(0); n != 1 {
		t.Fatalf("%d events", n)
	}
	if _, ready := p.Event(0); ready&Broken == 0 || ready&PeerDone == 0 || ready&Readable == 0 {
		t.Errorf("ready %#x", ready)
	}
}

func TestOnce(t *testing.T) {
	token := NewToken(9, 0, 0)
	fd := eventfd(t)
	workers := []*Poller{newPoller(t), newPoller(t)} // one descriptor, several event loops
	for _, p := range workers {
		add(t, p, fd, Once, token)
		expect(t, p, "before any write", token, 0)
	}
	for range 3 {
		bump(t, fd)
		for _, p := range workers {
			expect(t, p, "a write", token, Readable)
			expect(t, p, "no write", token, 0)
		}
	}
	bump(t, fd)
	bump(t, fd)
	for _, p := range workers {
		expect(t, p, "two writes", token, Readable)
		expect(t, p, "no write", token, 0)
	}
}

func TestLevel(t *testing.T) {
	p, token := newPoller(t), NewToken(1, 1, 1)
	fd := eventfd(t)
	bump(t, fd)
	add(t, p, fd, Readable, token)
	expect(t, p, "readable", token, Readable)
	expect(t, p, "still readable", token, Readable)
	if e := p.Remove(fd); e != 0 {
		t.Errorf("Remove: %v", e)
	}
	expect(t, p, "removed", token, 0)
	add(t, p, fd, Readable, token)
	expect(t, p, "added again", token, Readable)
}

func TestErrors(t *testing.T) {
	p, fd := newPoller(t), eventfd(t)
	if e := p.Remove(fd); e != unix.ENOENT {
		t.Errorf("Remove before Add: %v", e)
	}
	add(t, p, fd, Readable, Token{})
	if e := p.Add(fd, Readable, Token{}); e != unix.EEXIST {
		t.Errorf("Add twice: %v", e)
	}
	if e := p.Add(-1, Readable, Token{}); e != unix.EBADF {
		t.Errorf("Add of nothing: %v", e)
	}
	closed := &Poller{fd: -1}
	if n, e := closed.Wait(0); n != 0 || e != unix.EBADF {
		t.Errorf("Wait without an instance: %d, %v", n, e)
	}
}

// TestStaleEvent has two events in one batch. The first one's handling ends the owner of the second, and its slot gets a
// new owner, even with the same descriptor number.
func TestStaleEvent(t *testing.T) {
	p := newPoller(t)
	seqs := []uint32{1, 1} // by slot: the present use of it
	var fds []int
	for slot := range uint32(2) {
		fd, err := unix.Eventfd(1, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		fds = append(fds, fd)
		add(t, p, fd, Once, NewToken(0, slot, seqs[slot]))
	}
	if n, e := p.Wait(0); n != 2 || e != 0 {
		t.Fatalf("%d events, %v", n, e)
	}
	unix.Close(fds[1])
	seqs[1]++
	if again, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); again != fds[1] || err != nil {
		t.Fatalf("descriptor %d, %v, want %d again", again, err, fds[1])
	}
	add(t, p, fds[1], Once, NewToken(0, 1, seqs[1]))
	for i, stale := range []bool{false, true} {
		token, _ := p.Event(i)
		if (seqs[token.Slot()] != token.Seq()) != stale {
			t.Errorf("event %d: token %v, uses %v, want stale %v", i, token, seqs, stale)
		}
	}
	bump(t, fds[1])
	expect(t, p, "the new owner", NewToken(0, 1, 2), Readable)
}

func TestMoreEventsThanOneBatch(t *testing.T) {
	p := newPoller(t)
	const n = Batch + 50
	for slot := range uint32(n) {
		fd := eventfd(t)
		bump(t, fd)
		add(t, p, fd, Once, NewToken(0, slot, 0))
	}
	var slots []uint32
	for _, want := range []int{Batch, n - Batch, 0} {
		got, e := p.Wait(0)
		if got != want || e != 0 {
			t.Fatalf("%d events, %v, want %d", got, e, want)
		}
		for i := range got {
			token, _ := p.Event(i)
			slots = append(slots, token.Slot())
		}
	}
	slices.Sort(slots)
	if len(slices.Compact(slots)) != n {
		t.Errorf("%d different slots", len(slots))
	}
}

func TestWaitTimesOut(t *testing.T) {
	p := newPoller(t)
	for begin := time.Now(); ; {
		n, e := p.Wait(30)
		if n != 0 || e != 0 || time.Since(begin) > fatal {
			t.Fatalf("%d events, %v, after %v", n, e, time.Since(begin))
		}
		if time.Since(begin) >= 30*time.Millisecond { // else a signal of the Go runtime has ended it
			return
		}
	}
}

// waiting runs Wait on a thread of its own and returns its thread id and its result, which may be 0 events when a signal of
// the Go runtime has ended it.
func waiting(p *Poller, timeout int) (thread int, done chan int) {
	started, done := make(chan int), make(chan int, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		started <- unix.Gettid()
		n, e := p.Wait(timeout)
		if e != 0 {
			n = -int(e)
		}
		done <- n
	}()
	return <-started, done
}

func TestWaitForEver(t *testing.T) {
	p, fd := newPoller(t), eventfd(t)
	add(t, p, fd, Once, Token{})
	_, done := waiting(p, -1)
	bump(t, fd)
	for {
		select {
		case n := <-done:
			if n == 0 {
				_, done = waiting(p, -1)
				continue
			}
			if n != 1 {
				t.Errorf("%d events", n)
			}
			return
		case <-time.After(fatal):
			t.Fatal("Wait does not return")
		}
	}
}

func TestWaitDoesNotHoldUpTheGarbageCollector(t *testing.T) {
	p, fd := newPoller(t), eventfd(t)
	add(t, p, fd, Once, Token{})
	_, done := waiting(p, -1)
	collected := make(chan bool)
	go func() {
		for range 3 {
			runtime.GC()
		}
		close(collected)
	}()
	select {
	case <-collected:
	case <-time.After(fatal):
		t.Error("the collector waits for Wait")
	}
	bump(t, fd)
	<-done
}

// TestWaitAndSignals sends the signal that the Go runtime uses to preempt goroutines. A signal may come before Wait
// has begun to wait, so that it is sent until it has an effect.
func TestWaitAndSignals(t *testing.T) {
	p := newPoller(t)
	thread, done := waiting(p, int(fatal/time.Millisecond))
	deadline := time.Now().Add(fatal / 2)
	for time.Now().Before(deadline) {
		unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)
		select {
		case n := <-done:
			if n != 0 {
				t.Errorf("Wait = %d", n)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
	t.Error("the signal did not end Wait")
}

func TestAllocations(t *testing.T) {
	p, fd := newPoller(t), eventfd(t)
	bump(t, fd)
	n := testing.AllocsPerRun(100, func() {
		p.Add(fd, Readable, Token{})
		p.Wait(0)
		p.Event(0)
		p.Remove(fd)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
