package monitor

import (
	"context"
	"net"
	"sync"
	"time"
)

// When the next generation takes over, its monitor checks the servers and lets people in, and this one only finishes what
// has been begun: answers, and conversations on the admin socket that are open. What they ask to see is shown; what they ask
// to change would be lost, and is refused.

const (
	lineTime   = 2 * time.Second  // for the next line of a conversation
	retireTime = 10 * time.Second // for readers of long answers
)

// replacedText is what somebody is told who wants to change something that another monitor cares for by now.
const replacedText = "Another generation has taken over: connect again.\n"

// retire ends the monitor when the last conversation is over. It is told so once.
func (m *monitor) retire() {
	if m.retired {
		return
	}
	m.retired, m.schedule, m.reason = true, nil, "replaced"
	ctx, cancel := context.WithTimeout(context.Background(), retireTime)
	var all sync.WaitGroup
	for _, s := range m.services {
		all.Go(func() { s.finish(ctx) })
	}
	m.services = nil
	done := make(chan struct{})
	m.finished = done
	go func() {
		all.Wait()
		cancel()
		close(done)
	}()
}

// unlessReplaced makes a change, and returns what to say.
func (m *monitor) unlessReplaced(change func() string) string {
	if m.retired {
		return replacedText
	}
	return change()
}

// talks are the conversations that are open.
type talks struct {
	mu   sync.Mutex
	open map[net.Conn]bool
	last time.Time // no line is waited for after that; zero: nobody has to leave
}

func newTalks() *talks { return &talks{open: make(map[net.Conn]bool)} }

func (t *talks) enter(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[c] = true
}

func (t *talks) leave(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, c)
}

// patience sets how long a conversation waits for its next line, and after that for a reader of the answer.
func (t *talks) patience(c net.Conn) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	until := time.Now().Add(talkTime)
	if err := c.SetWriteDeadline(until); err != nil {
		return err
	}
	if !t.last.IsZero() && t.last.Before(until) {
		until = t.last
	}
	return c.SetReadDeadline(until)
}

// end lets every conversation end: with the line that it is about, or with one that comes soon.
func (t *talks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.Now().Add(lineTime)
	for c := range t.open {
		_ = c.SetReadDeadline(t.last) // it fails only for one that has ended
	}
}
