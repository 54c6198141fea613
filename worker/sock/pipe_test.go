package sock

import (
	"bytes"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

const pipeSize = 64 << 10

func pipe(t testing.TB, size int) *Pipe {
	t.Helper()
	p, e := NewPipe(size)
	if e != 0 {
		t.Fatal(e)
	}
	t.Cleanup(p.Close)
	return p
}

func TestSplice(t *testing.T) {
	for name, make := range map[string]func(testing.TB) (a, b *FD){
		"unix": pair,
		"TCP":  func(t testing.TB) (a, b *FD) { return tcpPair(t, "127.61.8.1:7010") },
	} {
		t.Run(name, func(t *testing.T) {
			p := pipe(t, pipeSize)
			from, in := make(t)
			out, to := pair(t)
			if n, e := p.Fill(in, 100); n != 0 || e != unix.EAGAIN || p.Held() != 0 {
				t.Errorf("Fill with nothing: %d, %v, holds %d", n, e, p.Held())
			}
			from.Send([]byte("hello world"))
			await(t, in, unix.POLLIN)
			if n, e := p.Fill(in, 5); n != 5 || e != 0 || p.Held() != 5 {
				t.Errorf("Fill: %d, %v, holds %d", n, e, p.Held())
			}
			if n, e := p.Drain(out); n != 5 || e != 0 || p.Held() != 0 {
				t.Errorf("Drain: %d, %v, holds %d", n, e, p.Held())
			}
			buf := []byte("xxxxxxxxxx")
			if n, _ := to.Recv(buf); string(buf[:n]) != "hello" {
				t.Errorf("%q came", buf[:n])
			}
			if n, _ := in.Recv(buf); string(buf[:n]) != " world" {
				t.Errorf("%q was left", buf[:n])
			}
			from.ShutdownWrite()
			await(t, in, unix.POLLIN)
			if n, e := p.Fill(in, 100); n != 0 || e != 0 {
				t.Errorf("Fill at the end: %d, %v", n, e)
			}
		})
	}
}

// TestSpliceKeepsOrder moves more than any buffer holds, in pieces that fit together in no way, and finds every byte.
func TestSpliceKeepsOrder(t *testing.T) {
	from, in := tcpPair(t, "127.61.8.1:7011")
	out, to := tcpPair(t, "127.61.8.1:7012")
	p := pipe(t, pipeSize)
	sent := make([]byte, 5_000_000)
	for i := range sent {
		sent[i] = byte(i * i >> 7)
	}
	var got []byte
	buf := make([]byte, 30_001)
	for left := sent; len(got) < len(sent); {
		n, e := from.Send(left[:min(len(left), 70_001)])
		left = left[n:]
		if e != 0 && e != unix.EAGAIN {
			t.Fatalf("Send: %v", e)
		}
		if p.Held() == 0 {
			if _, e := p.Fill(in, 1<<20); e != 0 && e != unix.EAGAIN {
				t.Fatalf("Fill: %v", e)
			}
		}
		if p.Held() > 0 {
			if _, e := p.Drain(out); e != 0 && e != unix.EAGAIN {
				t.Fatalf("Drain: %v", e)
			}
		}
		n, e = to.Recv(buf)
		if e != 0 && e != unix.EAGAIN {
			t.Fatalf("Recv: %v", e)
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.Equal(got, sent) {
		t.Error("the bytes changed on the way")
	}
}

func TestDrainUntilFull(t *testing.T) {
	from, in := pair(t)
	out, to := pair(t)
	p := pipe(t, pipeSize)
	piece := make([]byte, 10_000)
	for {
		from.Send(piece)
		if _, e := p.Fill(in, len(piece)); e != 0 {
			t.Fatalf("Fill: %v", e)
		}
		_, e := p.Drain(out)
		if e == unix.EAGAIN {
			break
		}
		if e != 0 {
			t.Fatalf("Drain: %v", e)
		}
	}
	if p.Held() == 0 {
		t.Fatal("a full socket took everything")
	}
	await(t, to, unix.POLLIN)
	for n := 1; n > 0; {
		n, _ = to.Recv(make([]byte, 1<<20))
	}
	held := p.Held()
	if n, e := p.Drain(out); n != held || e != 0 {
		t.Errorf("Drain after all was read: %d of %d, %v", n, held, e)
	}
	to.Close()
	from.Send(piece)
	p.Fill(in, len(piece))
	if n, e := p.Drain(out); n != 0 || e != unix.EPIPE || p.Held() != len(piece) {
		t.Errorf("Drain to nobody: %d, %v, holds %d", n, e, p.Held())
	}
}

func TestFillReportsReset(t *testing.T) {
	client, server := tcpPair(t, "127.61.8.1:7013")
	client.ResetOnClose()
	client.Close()
	await(t, server, unix.POLLIN)
	if n, e := pipe(t, pipeSize).Fill(server, 100); n != 0 || e != unix.ECONNRESET {
		t.Errorf("%d, %v", n, e)
	}
}

func TestPipeSize(t *testing.T) {
	for _, size := range []int{64 << 10, 256 << 10} {
		p := pipe(t, size)
		if got, err := unix.FcntlInt(uintptr(p.in.Int()), unix.F_GETPIPE_SZ, 0); err != nil || got < size {
			t.Errorf("%d bytes asked for, got %d, %v", size, got, err)
		}
		for _, f := range []*FD{&p.in, &p.out} {
			checkFlags(t, f)
		}
	}
}

func TestPipes(t *testing.T) {
	q := NewPipes(2, pipeSize)
	a, b := q.Take(), q.Take()
	if a == nil || b == nil || q.Taken() != 2 {
		t.Fatalf("pipes %v and %v, %d taken", a, b, q.Taken())
	}
	if c := q.Take(); c != nil {
		t.Error("a third pipe although two are allowed")
	}
	q.Put(a)
	q.Put(b)
	if c := q.Take(); c != b || q.Taken() != 1 {
		t.Errorf("%p instead of the one used last, %p; %d taken", c, b, q.Taken())
	}
	from, in := pair(t)
	from.Send([]byte("hello"))
	b.Fill(in, 5)
	q.Put(b) // it still holds bytes that must never reach another connection
	if b.in.Valid() || q.Taken() != 0 {
		t.Errorf("a pipe with bytes in it is still open; %d taken", q.Taken())
	}
	if !q.Trim(0) || q.Trim(0) || a.in.Valid() {
		t.Error("Trim does not close the free pipe once")
	}
	if c, d := q.Take(), q.Take(); c == nil || d == nil {
		t.Error("closed pipes still count")
	} else {
		q.Put(c)
		q.Put(d)
	}
	q.Trim(0)
}

// BenchmarkRelay brings 256 KiB from one TCP connection to another, both ends' work included. With "copy" a buffer of 16
// KiB stands between; else a pipe of that many KiB.
func BenchmarkRelay(b *testing.B) {
	b.Run("copy", func(b *testing.B) {
		buf := make([]byte, 16<<10)
		benchmarkRelay(b, func(in, out *FD) int {
			n, _ := in.Recv(buf)
			m, _ := out.Send(buf[:n])
			return m
		})
	})
	for _, size := range []string{"64", "128", "256", "512", "1024"} {
		b.Run(size, func(b *testing.B) {
			kib := 0
			for _, c := range size {
				kib = kib*10 + int(c-'0')
			}
			p := pipe(b, kib<<10)
			benchmarkRelay(b, func(in, out *FD) int {
				p.Fill(in, 1<<30)
				if p.Held() == 0 {
					return 0
				}
				n, _ := p.Drain(out)
				return n
			})
		})
	}
}

func benchmarkRelay(b *testing.B, move func(in, out *FD) int) {
	from, in := tcpPair(b, "127.61.8.1:7014")
	out, to := tcpPair(b, "127.61.8.1:7015")
	const length = 256 << 10
	piece, buf := make([]byte, length), make([]byte, length)
	b.SetBytes(length)
	b.ReportAllocs()
	for b.Loop() {
		for sent, moved, got := 0, 0, 0; got < length; {
			n, _ := from.Send(piece[sent:])
			sent += n
			for k := 1; k > 0; moved += k {
				k = move(in, out)
			}
			n, _ = to.Recv(buf)
			got += n
		}
	}
}

// TestDrainUnderSignals: a drain that leaves bytes has found the socket full, whatever signals come meanwhile. Otherwise
// nobody would ever tell that there is room.
func TestDrainUnderSignals(t *testing.T) {
	from, in := tcpPair(t, "127.61.8.1:7013")
	out, to := tcpPair(t, "127.61.8.1:7014")
	p := pipe(t, 256<<10)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer storm(unix.Gettid())()
	piece := make([]byte, 256<<10)
	for short := 0; short < 50; {
		from.Send(piece)
		if p.Fill(in, 1<<20); p.Held() == 0 {
			continue
		}
		for p.Held() > 0 {
			switch _, e := p.Drain(out); {
			case e == unix.EAGAIN:
				short++
				for _, e := to.Recv(piece); e == 0; _, e = to.Recv(piece) {
				}
			case e != 0 || p.Held() > 0:
				t.Fatalf("%d bytes are left, %v", p.Held(), e)
			}
		}
	}
}

// storm sends signals to a thread until it is told to stop: those with which the Go scheduler interrupts a busy one.
func storm(tid int) (stop func()) {
	var running sync.WaitGroup
	done := make(chan struct{})
	running.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				unix.Tgkill(unix.Getpid(), tid, unix.SIGURG)
			}
		}
	})
	return func() { close(done); running.Wait() }
}
