package child

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
	// HangTime is for how long a child that works may say nothing, and take no message.
	HangTime = 10 * time.Second
	// LaterTime is until what waits is tried again.
	LaterTime = 20 * time.Millisecond
	// maxPending is how many messages wait for one child.
	maxPending = 256
)

// Say sends a message to the child; when that is behind, later, in order. The reconciler never waits: a child that takes none for
// as long as one that hangs may take to answer is killed, and its end is reported as any other.
func (c *Child) Say(m control.Message, fds []int) {
	if c.givenUp {
		return
	}
	if len(c.outbox) > 0 {
		if m.Kind != control.Ping { // what it has to answer is there already
			c.keep(m, fds)
		}
		return
	}
	if err := c.channel.TrySend(m, fds); control.Behind(err) {
		c.keep(m, fds)
	} else {
		c.unsent(m, err)
	}
}

// keep puts a message into the outbox.
func (c *Child) keep(m control.Message, fds []int) {
	l := pending{message: m, since: c.kernel.Now()}
	for _, fd := range fds {
		own, err := c.kernel.Copy(fd)
		if err != nil {
			c.kernel.Close(l.fds)
			c.unsent(m, fmt.Errorf("it cannot wait for a child that is behind: %w", err))
			return
		}
		l.fds = append(l.fds, own)
	}
	if len(c.outbox) >= maxPending {
		c.kernel.Close(l.fds)
		c.giveUp(fmt.Sprintf("%d messages waited for it", maxPending))
		return
	}
	c.outbox = append(c.outbox, l)
}

// Flush sends what waits, as far as the child takes it.
func (c *Child) Flush(now time.Time) {
	for len(c.outbox) > 0 {
		l := c.outbox[0]
		err := c.channel.TrySend(l.message, l.fds)
		if control.Behind(err) {
			if now.Sub(l.since) >= HangTime {
				c.giveUp(fmt.Sprintf("it took no messages for %v", HangTime))
			}
			return
		}
		c.outbox = c.outbox[1:]
		c.kernel.Close(l.fds)
		c.unsent(l.message, err)
	}
}

// giveUp ends a child that does not do what it is told.
func (c *Child) giveUp(why string) {
	c.Reason, c.givenUp = why, true
	c.dropPending()
	c.Kill()
}

// dropPending lets go of what waits.
func (c *Child) dropPending() {
	for _, l := range c.outbox {
		c.kernel.Close(l.fds)
	}
	c.outbox = nil
}

// unsent reports a message that will never be sent. That the child is gone is no news: its end is reported. A child that has not got
// everything with which it is to begin is ended, as it would serve without: that fails an upgrade, which rolls back.
func (c *Child) unsent(m control.Message, err error) {
	if err == nil || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return
	}
	c.log.Error("cannot tell a child what to do", "child", c.Title, "generation", c.Generation, "pid", c.Pid, "order", m.Kind, "error", err)
	if m.Kind == control.Start || m.Kind == control.Listeners {
		c.giveUp(fmt.Sprintf("it cannot be told with what to begin: %v", err))
	}
}

// Waits says that messages wait for the child.
func (c *Child) Waits() bool { return len(c.outbox) > 0 }
