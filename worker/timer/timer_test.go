package timer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// expired returns the tokens of the timers that expire at now, sorted.
func expired(w *Wheel, now int64) []uint64 {
	var all []uint64
	for t := w.Expired(now); t != nil; t = w.Expired(now) {
		all = append(all, t.Token)
	}
	slices.Sort(all)
	return all
}

func expect(t *testing.T, w *Wheel, now int64, want ...uint64) {
	t.Helper()
	if got := expired(w, now); !slices.Equal(got, want) {
		t.Errorf("at %d: timers %v expire, want %v", now, got, want)
	}
}

func TestExactness(t *testing.T) {
	const origin = 1_000_003
	for _, after := range []int64{
		1, 2, 59, 60, 61, 63, 64, 65, 4095, 4096, 4097, 50_000, 1 << 18, 3_600_000,
		86_400_000, 1<<30 + 1, 1 << 40, math.MaxInt64 - origin,
	} {
		w := New(origin)
		x := Timer{Token: 7}
		w.Set(&x, origin+after)
		expect(t, w, origin+after-1)
		if !x.Armed() || x.At() != origin+after {
			t.Fatalf("%d ms ahead: Armed %v, At %d", after, x.Armed(), x.At())
		}
		expect(t, w, origin+after, 7)
		if x.Armed() {
			t.Errorf("%d ms ahead: still armed", after)
		}
		expect(t, w, origin+after)
	}
}

func TestPastDeadlines(t *testing.T) {
	w := New(100)
	var a, b, c Timer
	a.Token, b.Token, c.Token = 1, 2, 3
	w.Set(&a, 100)
	w.Set(&b, 5)
	w.Set(&c, 0)
	if got := w.Wait(100); got != 0 {
		t.Errorf("Wait = %d, want 0", got)
	}
	w.Stop(&c)
	expect(t, w, 100, 1, 2)
}

func TestSetMoves(t *testing.T) {
	w := New(0)
	x := Timer{Token: 1}
	w.Set(&x, 10)
	w.Set(&x, 1000)
	expect(t, w, 999)
	w.Set(&x, 1001) // in the same slot
	expect(t, w, 1000)
	expect(t, w, 1001, 1)
	w.Set(&x, 5000)
	w.Set(&x, 1002)
	expect(t, w, 1002, 1)
	expect(t, w, 6000)
}

func TestStopIsIdempotent(t *testing.T) {
	w := New(0)
	var x, y Timer
	w.Stop(&x)
	w.Set(&x, 5)
	w.Set(&y, 5)
	w.Stop(&x)
	w.Stop(&x)
	w.Stop(&y)
	if x.Armed() || y.Armed() || w.Wait(0) != -1 {
		t.Errorf("Armed %v %v, Wait %d", x.Armed(), y.Armed(), w.Wait(0))
	}
}

func TestStopBetweenExpired(t *testing.T) {
	w := New(0)
	timers := make([]Timer, 3)
	for i := range timers {
		w.Set(&timers[i], 5)
	}
	first := w.Expired(10)
	for i := range timers {
		w.Stop(&timers[i])
	}
	if next := w.Expired(10); first == nil || next != nil {
		t.Errorf("Expired returned %p, and %p after all were stopped", first, next)
	}
}

func TestTimerSetAgainWhileExpiring(t *testing.T) {
	w := New(0)
	x := Timer{Token: 1}
	w.Set(&x, 5)
	if w.Expired(10) != &x {
		t.Fatal("x has not expired")
	}
	w.Set(&x, 15)
	expect(t, w, 10)
	expect(t, w, 15, 1)
}

func TestLeapOfManyYears(t *testing.T) {
	w := New(0)
	timers := make([]Timer, 1000)
	for i := range timers {
		timers[i].Token = uint64(i)
		w.Set(&timers[i], int64(i)*1_000_003)
	}
	if got := len(expired(w, 1<<50)); got != len(timers) {
		t.Errorf("%d timers expired, want %d", got, len(timers))
	}
	var x Timer
	w.Set(&x, 1<<50+3)
	if got := w.Wait(1 << 50); got != 3 {
		t.Errorf("Wait = %d, want 3", got)
	}
}

func TestWait(t *testing.T) {
	w := New(1000)
	var x Timer
	if got := w.Wait(1000); got != -1 {
		t.Errorf("empty: %d, want -1", got)
	}
	w.Set(&x, 1010)
	if got := w.Wait(1004); got != 6 {
		t.Errorf("6 ms ahead: %d", got)
	}
	if got := w.Wait(1020); got != 0 {
		t.Errorf("overdue: %d, want 0", got)
	}
}

func TestIdleWheelWakesSeldom(t *testing.T) {
	w := New(12_345)
	var x Timer
	w.Set(&x, 12_345+86_400_000)
	wakes := 0
	for now := int64(12_345); w.Expired(now) == nil; wakes++ {
		wait := w.Wait(now)
		if wait <= 0 {
			t.Fatalf("Wait = %d after Expired returned nil", wait)
		}
		now += wait
	}
	if wakes > levels {
		t.Errorf("%d wake-ups for one timer of a day", wakes)
	}
}

// naive is the model: a list of deadlines.
type naive map[uint64]int64

func (n naive) expired(now int64) []uint64 {
	var all []uint64
	for token, at := range n {
		if at <= now {
			all = append(all, token)
			delete(n, token)
		}
	}
	slices.Sort(all)
	return all
}

func (n naive) earliest() int64 {
	first := int64(math.MaxInt64)
	for _, at := range n {
		first = min(first, at)
	}
	return first
}

func TestAgainstModel(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		now := rnd.Int64N(1 << (1 + seed%50))
		w, model := New(now), naive{}
		timers := make([]Timer, 50)
		for i := range timers {
			timers[i].Token = uint64(i)
		}
		for range 3000 {
			x := &timers[rnd.IntN(len(timers))]
			switch rnd.IntN(4) {
			case 0, 1:
				at := max(0, now+spread(rnd)-20)
				w.Set(x, at)
				model[x.Token] = at
			case 2:
				w.Stop(x)
				delete(model, x.Token)
			case 3:
				now += spread(rnd)
				got, want := expired(w, now), model.expired(now)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: at %d timers %v expire, want %v", seed, now, got, want)
				}
			}
			check(t, w, model, timers, now)
		}
	}
}

// spread is a random time, short ones as likely as long ones.
func spread(rnd *rand.Rand) int64 { return rnd.Int64N(1 << rnd.IntN(30)) }

func check(t *testing.T, w *Wheel, model naive, timers []Timer, now int64) {
	t.Helper()
	for i := range timers {
		x := &timers[i]
		at, armed := model[x.Token]
		if x.Armed() != armed || armed && x.At() != at {
			t.Fatalf("timer %d: armed %v at %d, want %v at %d", i, x.Armed(), x.At(), armed, at)
		}
	}
	wait := w.Wait(now)
	switch {
	case len(model) == 0 && wait != -1:
		t.Fatalf("Wait = %d, want -1", wait)
	case len(model) > 0 && (wait < 0 || wait > max(0, model.earliest()-now)):
		t.Fatalf("Wait = %d, but a timer expires in %d", wait, model.earliest()-now)
	}
}

func TestAllocations(t *testing.T) {
	w := New(0)
	var x Timer
	now := int64(0)
	n := testing.AllocsPerRun(1000, func() {
		w.Set(&x, now+50_000)
		w.Stop(&x)
		w.Set(&x, now+100)
		now += 60
		w.Expired(now)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSetStop is the life of a timer that never expires, among 10,000 others.
func BenchmarkSetStop(b *testing.B) {
	w, timers := crowd(10_000)
	now := int64(0)
	for b.Loop() {
		now++
		t := &timers[now%10_000]
		w.Stop(t)
		w.Set(t, 50_000+now&1023)
	}
}

// BenchmarkSetAhead moves a deadline ahead, as every read of a session does.
func BenchmarkSetAhead(b *testing.B) {
	w, timers := crowd(1)
	now := int64(0)
	for b.Loop() {
		now++
		w.Set(&timers[0], 50_000+now>>6)
	}
}

// BenchmarkExpiredNothing is what every turn of the loop pays.
func BenchmarkExpiredNothing(b *testing.B) {
	w, _ := crowd(10_000)
	for b.Loop() {
		w.Expired(1)
	}
}

// BenchmarkExpire sets a timer of 50 s and lets it expire, with all moves between the levels.
func BenchmarkExpire(b *testing.B) {
	w := New(0)
	var x Timer
	now := int64(0)
	for b.Loop() {
		w.Set(&x, now+50_000)
		now += 50_000
		for t := now - 50_000; t < now; t += 2500 {
			w.Expired(t)
		}
		if w.Expired(now) != &x {
			b.Fatal("the timer has not expired")
		}
	}
}

func crowd(n int) (*Wheel, []Timer) {
	w, timers := New(0), make([]Timer, n)
	for i := range timers {
		w.Set(&timers[i], 50_000+int64(i))
	}
	return w, timers
}
