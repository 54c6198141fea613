package proxy

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A peak of clients is forgotten after a minute, and what a minute needs is kept.
func TestPeakIsForgotten(t *testing.T) {
	b := newBench(t, "127.61.8.20", 8000, 8001)
	const peak = 50
	var clients []int
	for i := range peak {
		c := dialTo(t, b.at, 8000)
		b.pour(c, fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: a\r\n", i)) // a head that is not complete keeps a buffer
		clients = append(clients, c)
		b.spend()
	}
	kept := func() (buffers, streams, heads int) {
		used, idle := b.proxy.worker.Streams()
		heads, free := b.proxy.http.Exchanges()
		return b.proxy.worker.Pools.Buffers.Taken() + b.proxy.worker.Pools.Buffers.Idle(), used + idle, heads + free
	}
	if buffers, streams, heads := kept(); buffers < peak || streams < peak || heads < peak {
		t.Fatalf("%d buffers, %d streams, %d heads for %d requests", buffers, streams, heads, peak)
	}
	for _, c := range clients {
		unix.Close(c)
	}
	b.spend()
	minute := func() {
		b.proxy.loop.Leap(shrinkTime.Milliseconds())
		b.spend()
	}
	minute()
	if buffers, _, _ := kept(); buffers < peak {
		t.Errorf("%d buffers are kept of those that the last minute has needed", buffers)
	}
	b.visit(benchRequest, benchResponse)
	minute()
	if buffers, streams, heads := kept(); buffers > 5 || streams > 2 || heads > 2 {
		t.Errorf("%d buffers, %d streams, %d heads are kept after a minute of one client", buffers, streams, heads)
	}
	b.visit(benchRequest, benchResponse)
}

// What a peak has taken is the system's again when it is over.
func TestMemoryIsGivenBack(t *testing.T) {
	b := newBench(t, "127.61.8.21", 8000, 8001)
	debug.FreeOSMemory() // what other tests have left is not looked at
	before := memory()
	var clients []int
	head := "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("a", headSize)
	for range 400 { // what goes back takes the runtime as long as there is of it
		c := dialTo(t, b.at, 8000)
		b.pour(c, head)
		clients = append(clients, c)
		b.spend()
	}
	peak := memory()
	if peak-before < int64(len(clients)*headSize) {
		t.Fatalf("%d clients take %d bytes", len(clients), peak-before)
	}
	for _, c := range clients {
		unix.Close(c)
	}
	for b.proxy.sessions.Used() > 1 {
		b.spend()
	}
	for range 2 {
		b.proxy.loop.Leap(shrinkTime.Milliseconds())
		b.spend()
	}
	after := memory()
	for until := time.Now().Add(6 * fatal); after-before > (peak-before)/4; after = memory() {
		if time.Now().After(until) {
			t.Fatalf("%d KiB before, %d at the peak, %d afterwards", before>>10, peak>>10, after>>10)
		}
		b.proxy.loop.After(10*time.Millisecond, func() {})
		b.turn() // which waits
	}
}

// memory is how much the runtime has of the system's memory for the heap, in bytes. What the kernel counts has the race detector's too,
// which is never given back.
func memory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys - m.HeapReleased)
}
