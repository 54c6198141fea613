package master

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// pending is a message that a child had no room for when it was due.
type pending struct {
	message control.Message
	fds     []int // copies
	since   time.Time
}

const (
	laterTime  = 20 * time.Millisecond // until what waits is tried again
	maxPending = 256                   // that wait for one child
)

// say sends a message to the child; when that is behind, later, in order. The reconciler never waits: a child that takes none for
// as long as one that hangs may take to answer is killed, and its end is reported as any other.
func (c *child) say(m control.Message, fds []int) {
	if c.givenUp {
		return
	}
	if len(c.outbox) > 0 {
		if m.Kind != control.Ping { // what it has to answer is there already
			c.keep(m, fds)
		}
		return
	}
	if err := c.conn.TrySend(m, fds); control.Behind(err) {
		c.keep(m, fds)
	} else {
		c.unsent(m, err)
	}
}

// keep puts a message into the outbox.
func (c *child) keep(m control.Message, fds []int) {
	l := pending{message: m, since: c.kernel.now()}
	for _, fd := range fds {
		own, err := c.kernel.copy(fd)
		if err != nil {
			c.kernel.close(l.fds)
			c.unsent(m, fmt.Errorf("it cannot wait for a child that is behind: %w", err))
			return
		}
		l.fds = append(l.fds, own)
	}
	if len(c.outbox) >= maxPending {
		c.kernel.close(l.fds)
		c.giveUp(fmt.Sprintf("%d messages waited for it", maxPending))
		return
	}
	c.outbox = append(c.outbox, l)
}

// flush sends what waits, as far as the child takes it.
func (c *child) flush(now time.Time) {
	for len(c.outbox) > 0 {
		l := c.outbox[0]
		err := c.conn.TrySend(l.message, l.fds)
		if control.Behind(err) {
			if now.Sub(l.since) >= hangTime {
				c.giveUp(fmt.Sprintf("it took no messages for %v", hangTime))
			}
			return
		}
		c.outbox = c.outbox[1:]
		c.kernel.close(l.fds)
		c.unsent(l.message, err)
	}
}

// giveUp ends a child that does not do what it is told.
func (c *child) giveUp(why string) {
	c.reason, c.givenUp = why, true
	c.dropPending()
	c.kill()
}

// dropPending lets go of what waits.
func (c *child) dropPending() {
	for _, l := range c.outbox {
		c.kernel.close(l.fds)
	}
	c.outbox = nil
}

// unsent reports a message that will never be sent. That the child is gone is no news: its end is reported. A child that has not got
// everything with which it is to begin is ended, as it would serve without: that fails an upgrade, which rolls back.
func (c *child) unsent(m control.Message, err error) {
	if err == nil || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) || c.log == nil {
		return
	}
	_, title := role(c.slot)
	c.log.Error("cannot tell a child what to do", "child", title, "generation", c.generation, "pid", c.pid, "order", m.Kind, "error", err)
	if m.Kind == control.Start || m.Kind == control.Listeners {
		c.giveUp(fmt.Sprintf("it cannot be told with what to begin: %v", err))
	}
}

// eachChild is every child of every generation.
func (m *master) eachChild(do func(*child)) {
	for _, s := range m.slots {
		if s.child != nil {
			do(s.child)
		}
	}
	if m.monitor != nil && m.monitor.child != nil {
		do(m.monitor.child)
	}
	m.eachOld(do)
	for _, g := range m.incoming.generations {
		for _, c := range g.children {
			do(c)
		}
	}
}

// flush sends what waits for any child, and says whether some still does.
func (m *master) flush(now time.Time) (waits bool) {
	m.eachChild(func(c *child) {
		c.flush(now)
		waits = waits || len(c.outbox) > 0
	})
	return waits
}
