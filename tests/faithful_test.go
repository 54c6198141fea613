//go:build linux

package tests

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// What two peers say to each other through a relay arrives as it was sent, whatever its size, the pauses, and the way in
// which each side ends.
func TestRelayIsFaithful(t *testing.T) {
	t.Parallel()
	relayFaithfully(t, 1000, 50)
}

// relayFaithfully runs that many conversations, so many at a time.
func relayFaithfully(t *testing.T, conversations, atOnce int) {
	t.Helper()
	s := site{place: newPlace(t), mode: "tcp", workers: 2}
	s.servers = []target{{"a", s.place.server(0), ""}, {"b", s.place.server(1), ""}}
	talkers := startTalkers(t, s.servers)
	b := s.run(t)
	before := b.workers()
	var wg sync.WaitGroup
	var next atomic.Uint64
	for range atOnce {
		wg.Go(func() {
			for id := next.Add(1); id <= uint64(conversations); id = next.Add(1) {
				c, err := net.DialTimeout("tcp", s.place.front(), fatal)
				if err != nil {
					t.Errorf("conversation %d: %v", id, err)
					continue
				}
				converse(t, id, c.(*net.TCPConn), clientSide)
			}
		})
	}
	wg.Wait()
	talkers.wait(t, conversations)
	b.sameWorkers(before)
	if !soon(func() bool { return b.fds() < 100 }) {
		t.Errorf("the workers still hold %d descriptors", b.fds())
	}
}

// side is one of the two that converse.
type side uint64

const (
	clientSide side = iota
	serverSide
)

func (s side) String() string { return [...]string{"client", "server"}[s] }

// part is what one side does in a conversation.
type part struct {
	total int  // bytes to send
	piece int  // at most so many at a time
	hasty bool // no pauses
	reset bool // it ends with a reset instead of an orderly end
}

// partOf is the same for both sides: each knows what to expect of the other.
func partOf(id uint64, s side) part {
	r := rand.New(rand.NewPCG(id, uint64(s)))
	sizes := []int{0, 1, 100, 10_000, 100_000, 100_000, 1_000_000}
	p := part{total: sizes[r.IntN(len(sizes))], hasty: r.IntN(2) == 0, reset: r.IntN(10) == 0}
	if p.total > 1 {
		p.total = r.IntN(p.total)
	}
	if r.IntN(100) == 0 {
		p.total, p.hasty = 5_000_000, true
	}
	p.piece = []int{1000, 16 << 10, 70_000, 1 << 20}[r.IntN(4)]
	return p
}

// stream is the bytes that one side sends: noise that differs for each conversation and side.
func stream(id uint64, s side) io.Reader {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], id)
	seed[8] = byte(s)
	return rand.NewChaCha8(seed)
}

// converse plays one side to its end, and checks what comes from the other one.
func converse(t *testing.T, id uint64, c *net.TCPConn, me side) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(fatal))
	var header [8]byte
	binary.LittleEndian.PutUint64(header[:], id)
	mine, theirs := partOf(id, me), partOf(id, 1-me)
	fails := func(what string, err error) {
		t.Errorf("conversation %d, %v %+v, peer %+v: %s: %v", id, me, mine, theirs, what, err)
	}
	heard := make(chan finale, 1)
	go func() { heard <- listenTo(id, c, 1-me, theirs) }()
	if me == clientSide {
		if _, err := c.Write(header[:]); err != nil && !theirs.reset {
			fails("sending the header", err)
			return
		}
	}
	err := say(id, c, me, mine)
	switch {
	case err != nil && !theirs.reset:
		fails("sending", err)
	case mine.reset:
		c.SetLinger(0)
		c.Close()
		<-heard
		return
	case err == nil:
		c.CloseWrite()
	}
	if e := <-heard; !e.expected(theirs, err != nil) {
		fails(fmt.Sprintf("receiving, after %d bytes", e.got), e.err)
	}
}

// finale is how the bytes of the other side ended.
type finale struct {
	got int
	err error
}

// expected says whether that is what the other side's part should look like. The error of a reset is told once only: to the
// sender, if it was sending.
func (e finale) expected(p part, told bool) bool {
	if !p.reset {
		return e.err == io.EOF && e.got == p.total
	}
	return e.got <= p.total && (errors.Is(e.err, syscall.ECONNRESET) || told && e.err == io.EOF)
}

// say sends what the part says.
func say(id uint64, c *net.TCPConn, me side, p part) error {
	r := rand.New(rand.NewPCG(id, uint64(2+me)))
	from := stream(id, me)
	buf := make([]byte, p.piece)
	for left := p.total; left > 0; {
		n := min(left, 1+r.IntN(p.piece))
		if _, err := io.ReadFull(from, buf[:n]); err != nil {
			return err
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return err
		}
		left -= n
		if !p.hasty && r.IntN(4) == 0 {
			pauseFor(time.Duration(r.IntN(5)) * time.Millisecond)
		}
	}
	return nil
}

// listenTo reads all that the other side sends, and compares it.
func listenTo(id uint64, c *net.TCPConn, other side, p part) finale {
	r := rand.New(rand.NewPCG(id, uint64(4+other)))
	want := stream(id, other)
	buf, expected := make([]byte, 1<<18), make([]byte, 1<<18)
	for got := 0; ; {
		n, err := c.Read(buf[:1+r.IntN(len(buf))])
		if _, err := io.ReadFull(want, expected[:n]); err != nil {
			return finale{got, err}
		}
		if !bytes.Equal(buf[:n], expected[:n]) {
			return finale{got, errors.New("other bytes than were sent")}
		}
		if got += n; err != nil {
			return finale{got, err}
		}
		if !p.hasty && r.IntN(16) == 0 {
			pauseFor(time.Duration(r.IntN(5)) * time.Millisecond)
		}
	}
}

// pauseFor lets time pass because a peer would: nothing waits for something to happen.
func pauseFor(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// talkers are servers that play their side of conversations.
type talkers struct {
	listeners []net.Listener
	running   sync.WaitGroup
	mu        sync.Mutex
	met       map[uint64]bool // guarded by mu
}

func startTalkers(t *testing.T, servers []target) *talkers {
	t.Helper()
	k := &talkers{met: make(map[uint64]bool)}
	for _, s := range servers {
		l, err := net.Listen("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		k.listeners = append(k.listeners, l)
		k.running.Go(func() { k.accept(t, l) })
	}
	return k
}

func (k *talkers) accept(t *testing.T, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		k.running.Go(func() { k.serve(t, c.(*net.TCPConn)) })
	}
}

// serve learns from the header which conversation it is. A client that resets early may leave no header.
func (k *talkers) serve(t *testing.T, c *net.TCPConn) {
	c.SetDeadline(time.Now().Add(fatal))
	var header [8]byte
	if _, err := io.ReadFull(c, header[:]); err != nil {
		c.Close()
		return
	}
	id := binary.LittleEndian.Uint64(header[:])
	k.mu.Lock()
	if k.met[id] {
		t.Errorf("conversation %d came twice", id)
	}
	k.met[id] = true
	k.mu.Unlock()
	converse(t, id, c, serverSide)
}

// wait returns when all conversations have ended, and proves that none is missing but those that the client reset.
func (k *talkers) wait(t *testing.T, conversations int) {
	t.Helper()
	for _, l := range k.listeners {
		l.Close()
	}
	k.running.Wait()
	for id := uint64(1); id <= uint64(conversations); id++ {
		if !k.met[id] && !partOf(id, clientSide).reset {
			t.Errorf("conversation %d never reached a server", id)
		}
	}
}
