// Package pump writes to a file that may block (a pipe that nobody reads, a terminal that is stopped) without making anybody wait:
// what the file does not take in time is dropped, and counted. The file itself stays as it is: to make it non-blocking would do the same
// to every other process that has it.
package pump

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Writer queues what is written, in order and in pieces as it came, for a goroutine that writes it to the file. Any goroutine may write.
type Writer struct {
	dropped atomic.Uint64

	mu      sync.Mutex
	changed *sync.Cond // guarded by mu; when queue or waiting has changed
	queue   [][]byte   // guarded by mu
	free    [][]byte   // guarded by mu: buffers of pieces that have been written, for the next ones
	waiting int        // guarded by mu: bytes in queue, and those that are being written
}

const (
	maxWaiting = 2 << 20 // bytes that wait for the file; a piece that is longer may wait alone
	keepPieces = 256     // buffers that are kept for the next pieces, if they are no larger than
	keepBytes  = 8 << 10
)

// New makes a Writer for a file, whose errors are lost: there is nobody to tell.
func New(to io.Writer) *Writer {
	w := &Writer{}
	w.changed = sync.NewCond(&w.mu)
	go w.pump(to)
	return w
}

// pump writes what is queued, for ever.
func (w *Writer) pump(to io.Writer) {
	var batch [][]byte
	for {
		batch = w.next(batch[:0])
		for _, p := range batch {
			_, _ = to.Write(p)
			w.written(p)
		}
	}
}

// next waits for something to write, and takes all of it. What it returns is the pump's until the next call; done is for the pieces
// that come meanwhile.
func (w *Writer) next(done [][]byte) [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) == 0 {
		w.changed.Wait()
	}
	batch := w.queue
	w.queue = done
	return batch
}

// written notes that a piece is gone.
func (w *Writer) written(p []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cap(p) <= keepBytes && len(w.free) < keepPieces {
		w.free = append(w.free, p[:0])
	}
	w.waiting -= len(p)
	w.changed.Broadcast()
}

// Write takes a copy of p, or drops it. It never waits, and never fails.
func (w *Writer) Write(p []byte) (int, error) {
	w.Offer(p)
	return len(p), nil
}

// Offer is Write for a caller who wants to know whether p was taken. It allocates nothing once the Writer has been used for a while, if
// p is not longer than 8 KiB and the file takes what comes.
func (w *Writer) Offer(p []byte) (taken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting > 0 && w.waiting+len(p) > maxWaiting {
		w.dropped.Add(1)
		return false
	}
	var b []byte
	if n := len(w.free); n > 0 {
		b, w.free = w.free[n-1], w.free[:n-1]
	}
	w.queue = append(w.queue, append(b, p...))
	w.waiting += len(p)
	w.changed.Broadcast()
	return true
}

// TakeDropped is the number of pieces that have been dropped since it was called last.
func (w *Writer) TakeDropped() uint64 { return w.dropped.Swap(0) }

// Flush waits until everything has been written.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.waiting > 0 {
		w.changed.Wait()
	}
}

// FlushFor is Flush, but takes no longer than limit. It says whether everything has been written.
func (w *Writer) FlushFor(limit time.Duration) bool {
	over := false
	timer := time.AfterFunc(limit, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		over = true
		w.changed.Broadcast()
	})
	defer timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.waiting > 0 && !over {
		w.changed.Wait()
	}
	return w.waiting == 0
}
