package child

import (
	"errors"
	"io"
	"os"
	"time"

	"lbmaster/shared/control"
)

// Event is something that happened to a child: it said something, or it ended.
type Event struct {
	Child   *Child
	Message *control.Message // nil: it ended
	FDs     []int            // that came with a Profile; good until Release
	Trouble string           // with its channel, which goes on; "": none
	Ended   string           // how

	taken chan<- struct{} // nil: nobody waits
}

// Release says that the event has been taken. Descriptors are closed elsewhere: the child may have sent one whose close(2) waits, a socket with
// SO_LINGER for instance.
func (e *Event) Release() {
	if e.taken != nil {
		close(e.taken)
	}
}

// EndedWell is how a child ends that has left in order.
const EndedWell = "exit status 0"

// lastTime is how long the end of a child waits for what the child has said before. That is in the kernel already, but whoever reads may
// hang in the close of a descriptor that came with it.
const lastTime = time.Second

// Watch tells everything that the child says, and then how it ended: so that nothing it said is overtaken by its end. wait returns when
// the process has ended, and nothing else counts as its end: another process may have its end of the channel, and a child that lives may
// have closed its own.
func (c *Child) Watch(events chan<- Event, wait func() string) {
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		c.listen(events)
	}()
	how := wait()
	c.channel.Finish()
	select {
	case <-silent:
	case <-time.After(lastTime):
	}
	events <- Event{Child: c, Ended: how}
}

// listen tells everything that the child says, until the end of the channel: what is not understood is reported, and passed over.
func (c *Child) listen(events chan<- Event) {
	var complaints control.Complaints
	for {
		m, fds, err := c.channel.Recv(time.Time{})
		switch {
		case err == nil && m.Kind == control.Profile:
			c.lend(events, m, fds)
			continue
		case err == nil:
			control.CloseAll(fds)
			events <- Event{Child: c, Message: &m}
			continue
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
			return
		}
		if text := complaints.About(err, time.Now()); text != "" {
			events <- Event{Child: c, Trouble: text}
		}
		if !errors.Is(err, control.ErrNotUnderstood) && !errors.Is(err, control.ErrNoRoom) {
			<-time.After(LaterTime) // the kernel lacks memory
		}
	}
}

// lend tells a message with descriptors, and closes these when it has been taken.
func (c *Child) lend(events chan<- Event, m control.Message, fds []int) {
	taken := make(chan struct{})
	events <- Event{Child: c, Message: &m, FDs: fds, taken: taken}
	<-taken
	control.CloseAll(fds)
}
