package poll

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// clients is how many connections have a request in each turn of BenchmarkWait.
const clients = 64

// BenchmarkWait is the skeleton of a worker's turn: one wait, a receive and a send for each of 64 connections. Only this
// is in ns/request; what the clients do in between is in ns/op only.
func BenchmarkWait(b *testing.B) {
	for _, kind := range []struct {
		name string
		pair func(testing.TB) (int, int)
	}{{"tcp", tcpPair}, {"unix", pair}} {
		for _, how := range []struct {
			name  string
			ready Ready
			drain bool
		}{
			{"edge", Stream, false},
			{"edge-until-EAGAIN", Stream, true},
			{"level", Readable | PeerDone, false},
		} {
			b.Run(kind.name+"/"+how.name, func(b *testing.B) { benchmarkTurns(b, kind.pair, how.ready, how.drain) })
		}
	}
}

func benchmarkTurns(b *testing.B, pair func(testing.TB) (int, int), ready Ready, drain bool) {
	p := newPoller(b)
	var near, far [clients]int
	for i := range near {
		far[i], near[i] = pair(b)
		add(b, p, near[i], ready, NewToken(0, uint32(i), 0))
	}
	p.Wait(0) // edge: they are writable
	message, buf := make([]byte, 130), make([]byte, 16<<10)
	var took time.Duration
	var turns, events int
	for b.Loop() {
		for _, fd := range far {
			send(fd, message)
		}
		begin := time.Now()
		for answered := 0; answered < clients; turns++ {
			n, _ := p.Wait(-1)
			events += n
			answered += answer(p, n, &near, message, buf, drain)
		}
		took += time.Since(begin)
		for _, fd := range far {
			receive(fd, buf)
		}
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*clients), "ns/request")
	b.ReportMetric(float64(events)/float64(b.N*clients), "events/request")
	b.ReportMetric(float64(turns)/float64(b.N), "waits/op")
}

// answer handles n events as a worker does: all receives, then all sends. It returns the number of answers.
func answer(p *Poller, n int, near *[clients]int, message, buf []byte, drain bool) int {
	var ready [clients]int
	answers := 0
	for i := range n {
		token, r := p.Event(i)
		fd := near[token.Slot()]
		if r&Readable == 0 || receive(fd, buf) <= 0 {
			continue
		}
		if drain {
			receive(fd, buf)
		}
		ready[answers] = fd
		answers++
	}
	for _, fd := range ready[:answers] {
		send(fd, message)
	}
	return answers
}

// BenchmarkShortWait waits for something that comes after 100 us, as on a machine that is half busy. Only the processor
// time counts, of all threads: the scheduler's own takes part when it is told of a wait.
func BenchmarkShortWait(b *testing.B) {
	p := newPoller(b)
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	add(b, p, fd, Readable|edge, NewToken(0, 0, 0))
	soon := unix.ItimerSpec{Value: unix.Timespec{Nsec: 100_000}}
	events := make([]unix.EpollEvent, Batch)
	for name, wait := range map[string]func(){
		"untold": func() { p.Wait(-1) },
		"told":   func() { _, _ = unix.EpollWait(p.fd, events, -1) },
	} {
		b.Run(name, func(b *testing.B) {
			begin := processorTime(b)
			for b.Loop() {
				if err := unix.TimerfdSettime(fd, 0, &soon, nil); err != nil {
					b.Fatal(err)
				}
				wait()
			}
			b.ReportMetric(float64((processorTime(b)-begin).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
