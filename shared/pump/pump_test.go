package pump

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// fatal is how long anything may take.
const fatal = 10 * time.Second

// gate is a file that takes nothing until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.Write(p)
}

func TestPiecesInOrder(t *testing.T) {
	g := newGate()
	close(g.open)
	w := New(g)
	var want strings.Builder
	for i := range 200 {
		fmt.Fprintf(w, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
	}
	if !w.FlushFor(fatal) || g.got.String() != want.String() || w.TakeDropped() != 0 {
		t.Errorf("%d bytes of %d", g.got.Len(), want.Len())
	}
}

// TestBlockedFile: nobody waits for a file that blocks, what does not fit is counted, and what fits comes when it can.
func TestBlockedFile(t *testing.T) {
	g := newGate()
	w := New(g)
	const n = 10_000
	taken := 0
	for i := range n {
		if w.Offer(fmt.Appendf(nil, "%d\n", i)) {
			taken++
		}
	}
	if dropped := w.TakeDropped(); taken < maxPieces || taken > maxPieces+1 || int(dropped) != n-taken || w.TakeDropped() != 0 {
		t.Errorf("%d taken, %d counted as dropped, of %d", taken, dropped, n)
	}
	if w.FlushFor(10 * time.Millisecond) {
		t.Error("a file that takes nothing has taken everything")
	}
	close(g.open)
	if !w.FlushFor(fatal) || strings.Count(g.got.String(), "\n") != taken {
		t.Errorf("%d lines, %d were taken", strings.Count(g.got.String(), "\n"), taken)
	}
}

// TestLargePieces: memory is bounded, but for one piece that is larger than that.
func TestLargePieces(t *testing.T) {
	g := newGate()
	w := New(g)
	large := make([]byte, 3*maxBytes)
	if !w.Offer(large) || w.Offer([]byte("x")) {
		t.Error("a large piece waits alone")
	}
	close(g.open)
	w.Flush()
	half := make([]byte, maxBytes/2)
	g.open = make(chan struct{})
	blocked := New(g)
	for i, want := range []bool{true, true, false} {
		if got := blocked.Offer(half); got != want {
			t.Errorf("piece %d: %v", i, got)
		}
	}
	close(g.open)
	blocked.Flush()
}

func TestNothingIsAllocated(t *testing.T) {
	w := New(io.Discard)
	line := make([]byte, 4000)
	write := func() {
		w.Offer(line)
		w.Flush()
	}
	for range 2 * maxPieces {
		write()
	}
	if n := testing.AllocsPerRun(1000, write); n > 0 {
		t.Errorf("%v allocations for a line", n)
	}
}
