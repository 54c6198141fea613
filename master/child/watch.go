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
	FDs     []int            // that came with a Profile; closed when the event has been taken
	Trouble string           // with its channel, which goes on; "": none
	Ended   string           // how
}

// EndedWell is how a child ends that has left in order.
const EndedWell = "exit status 0"

// Watch tells everything that the child says, and then how it ended: so that nothing it said is overtaken by its end. Nothing but
// the end of the channel ends the listening: what is not understood is reported, and passed over.
func (c *Child) Watch(events chan<- Event, wait func() string) {
	var complaints control.Complaints
	for {
		m, fds, err := c.channel.Recv(time.Time{})
		switch {
		case err == nil:
			if m.Kind != control.Profile {
				control.CloseAll(fds)
				fds = nil
			}
			events <- Event{Child: c, Message: &m, FDs: fds}
			continue
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
			events <- Event{Child: c, Ended: wait()}
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
