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

// Writer queues what is written, in order and in one piece, for a goroutine that writes it to the file. Any goroutine may write.
type Writer struct {
	queue   chan []byte
	free    chan []byte  // buffers of pieces that have been written, for the next ones
	waiting atomic.Int64 // bytes in queue, and those that are being written
	dropped atomic.Uint64

	mu   sync.Mutex // makes one piece of what several goroutines ask of the queue
	done *sync.Cond // guarded by mu; when waiting has become less
}

const (
	maxPieces = 256     // that wait for the file
	maxBytes  = 1 << 20 // likewise, but that a longer piece may wait alone
	keepBytes = 8 << 10 // a larger buffer is not kept for the next piece
)

// New makes a Writer for a file, whose errors are lost: there is nobody to tell.
func New(to io.Writer) *Writer {
	w := &Writer{queue: make(chan []byte, maxPieces), free: make(chan []byte, maxPieces)}
	w.done = sync.NewCond(&w.mu)
	go func() {
		for p := range w.queue {
			_, _ = to.Write(p)
			w.written(p)
		}
	}()
	return w
}

// written notes that a piece is gone.
func (w *Writer) written(p []byte) {
	if cap(p) <= keepBytes {
		select {
		case w.free <- p[:0]:
		default:
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.Add(-int64(len(p)))
	w.done.Broadcast()
}

// Write takes a copy of p, or drops it. It never waits, and never fails.
func (w *Writer) Write(p []byte) (int, error) {
	w.Offer(p)
	return len(p), nil
}

// Offer is Write for a caller who wants to know whether p was taken. It allocates nothing once the Writer has been used for a while, if
// p is not longer than 8 KiB.
func (w *Writer) Offer(p []byte) (taken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	waits := w.waiting.Load()
	if len(w.queue) == maxPieces || waits > 0 && waits+int64(len(p)) > maxBytes {
		w.dropped.Add(1)
		return false
	}
	var b []byte
	select {
	case b = <-w.free:
	default:
	}
	w.waiting.Add(int64(len(p)))
	w.queue <- append(b, p...) // there is room: only who holds mu adds to it
	return true
}

// TakeDropped is the number of pieces that have been dropped since it was called last.
func (w *Writer) TakeDropped() uint64 { return w.dropped.Swap(0) }

// Flush waits until everything has been written.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.waiting.Load() > 0 {
		w.done.Wait()
	}
}

// FlushFor is Flush, but takes no longer than limit. It says whether everything has been written.
func (w *Writer) FlushFor(limit time.Duration) bool {
	over := false
	timer := time.AfterFunc(limit, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		over = true
		w.done.Broadcast()
	})
	defer timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.waiting.Load() > 0 && !over {
		w.done.Wait()
	}
	return w.waiting.Load() == 0
}
