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

// blockedFile is a file that takes nothing until it is opened.
type blockedFile struct {
	open chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func newBlockedFile() *blockedFile { return &blockedFile{open: make(chan struct{})} }

func (f *blockedFile) Write(p []byte) (int, error) {
	<-f.open
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got.Write(p)
}

func TestPiecesInOrder(t *testing.T) {
	f := newBlockedFile()
	close(f.open)
	w := New(f)
	var want strings.Builder
	for i := range 200 {
		fmt.Fprintf(w, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
	}
	if !w.FlushFor(fatal) || f.got.String() != want.String() || w.TakeDropped() != 0 {
		t.Errorf("%d bytes of %d", f.got.Len(), want.Len())
	}
}

// TestBlockedFile: nobody waits for a file that blocks, what does not fit is counted, and what fits comes when it can.
func TestBlockedFile(t *testing.T) {
	f := newBlockedFile()
	w := New(f)
	const n = 10_000
	line := []byte(strings.Repeat("x", 999) + "\n")
	taken := 0
	for range n {
		if w.Offer(line) {
			taken++
		}
	}
	if dropped := w.TakeDropped(); taken != maxWaiting/len(line) || int(dropped) != n-taken || w.TakeDropped() != 0 {
		t.Errorf("%d taken, %d counted as dropped, of %d", taken, dropped, n)
	}
	if w.FlushFor(10 * time.Millisecond) {
		t.Error("a file that takes nothing has taken everything")
	}
	close(f.open)
	if !w.FlushFor(fatal) || strings.Count(f.got.String(), "\n") != taken {
		t.Errorf("%d lines, %d were taken", strings.Count(f.got.String(), "\n"), taken)
	}
}

// TestBurst: many short lines at once are no reason to drop any.
func TestBurst(t *testing.T) {
	f := newBlockedFile()
	w := New(f)
	for range 10_000 {
		fmt.Fprintln(w, "listening on a port that is one of very many")
	}
	if n := w.TakeDropped(); n > 0 {
		t.Errorf("%d lines were dropped", n)
	}
	close(f.open)
	w.Flush()
}

// TestLargePieces: memory is bounded, but for one piece that is larger than that.
func TestLargePieces(t *testing.T) {
	f := newBlockedFile()
	w := New(f)
	if !w.Offer(make([]byte, 3*maxWaiting)) || w.Offer([]byte("x")) {
		t.Error("a large piece waits alone")
	}
	close(f.open)
	w.Flush()
	if !w.Offer([]byte("x")) {
		t.Error("nothing is taken after a large piece")
	}
	w.Flush()
}

func TestNothingIsAllocated(t *testing.T) {
	w := New(io.Discard)
	line := make([]byte, 4000)
	write := func() {
		w.Offer(line)
		w.Flush()
	}
	for range 2 * keepPieces {
		write()
	}
	if n := testing.AllocsPerRun(1000, write); n > 0 {
		t.Errorf("%v allocations for a line", n)
	}
}
