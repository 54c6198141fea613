// Package channel is a child's side of the conversation with its master: how it begins, what is said, and when it is over.
//
//	begin     a process becomes a child
//	channel   what is said to the master
//	hear      what the master says, before there is a loop
//	config    the configuration that came with START
//	report    lines for the operator, from either child
//	wait      until the master listens, or says something
package channel

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

const (
	laterTime  = 20 * time.Millisecond // until a message is sent that could not be
	lastTime   = time.Second           // for the last message
	maxPending = 64                    // messages that wait: a master that takes none of them is hung or gone
)

// Channel is what a child says to its master. Nothing waits for a master that is behind: what it does not take stays pending, in order. The
// channel belongs to the loop of the child.
//
//	[ greeting ] --START--> [ starting ] --READY--> [ conversing ] --end of file--> [ alone ]
//	      |                      |                         |
//	      +----------------------+-------------------------+--BYE--> the process ends
type Channel struct {
	fd         int
	state      state
	pending    []control.Message // found the channel full
	complaints control.Complaints

	// Report tells the operator what is wrong with the channel. It must not be nil, nor wait.
	Report func(string)
	// After calls f on the loop of the child when d has passed. Before there is a loop it is nil: what is pending then goes with the next message.
	After func(d time.Duration, f func())
}

// state is how far the conversation has come.
type state uint8

const (
	greeting state = iota
	starting
	conversing
	alone // there is no master any more
)

// New is the channel behind a descriptor, which stays the caller's.
func New(fd int, report func(string)) *Channel { return &Channel{fd: fd, Report: report} }

// FD is the descriptor.
func (c *Channel) FD() int { return c.fd }

// Alone says that there is no master any more.
func (c *Channel) Alone() bool { return c.state == alone }

// Lose notes that there is no master any more: nothing is said from then on.
func (c *Channel) Lose() { c.state, c.pending = alone, nil }

// Ready tells the master that the child has all that it needs.
func (c *Channel) Ready() {
	c.state = conversing
	c.Say(control.Message{Kind: control.Ready})
}

// Say sends a message, later if the master is behind.
func (c *Channel) Say(m control.Message) {
	if c.Alone() {
		return
	}
	c.pending = append(c.pending, m)
	switch n := len(c.pending); {
	case n == 1 || c.After == nil:
		c.send()
	case n > maxPending:
		c.pending = slices.Delete(c.pending, 1, 2)
		c.Complain(errors.New("the master takes no messages: one is dropped"))
	}
}

// Pending are the messages that the master has not taken yet.
func (c *Channel) Pending() []control.Message { return c.pending }

// send sends what is pending, as far as the master takes it.
func (c *Channel) send() {
	for len(c.pending) > 0 {
		err := control.Send(c.fd, c.pending[0], nil)
		switch {
		case control.Behind(err):
			c.later()
			return
		case err != nil && !errors.Is(err, unix.EPIPE): // EPIPE: the end of the channel tells
			c.Complain(fmt.Errorf("cannot tell the master: %w", err))
		}
		c.pending = slices.Delete(c.pending, 0, 1)
	}
}

func (c *Channel) later() {
	if c.After != nil {
		c.After(laterTime, c.send)
	}
}

// Last sends everything that is pending and a last message, when there is no loop any more. It waits for the master, but not for long.
func (c *Channel) Last(m control.Message) error {
	deadline := time.Now().Add(lastTime)
	for _, m := range append(c.pending, m) {
		err := control.Send(c.fd, m, nil)
		for control.Behind(err) && time.Now().Before(deadline) {
			_ = wait(c.fd, unix.POLLOUT, deadline)
			err = control.Send(c.fd, m, nil)
		}
		if err != nil && !errors.Is(err, unix.EPIPE) {
			return fmt.Errorf("cannot tell the master: %w", err)
		}
	}
	return nil
}

// Complain reports trouble with the channel, at a bounded rate.
func (c *Channel) Complain(err error) {
	if text := c.complaints.About(err, time.Now()); text != "" {
		c.Report(text)
	}
}
