package channel

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// StartTime is how long the master may take to say everything: one that has not by then never will.
const StartTime = 30 * time.Second

// Expect waits for a message of that kind until deadline, with descriptors that are the caller's. Another kind is an error.
func (c *Channel) Expect(kind control.Kind, deadline time.Time) (control.Message, []int, error) {
	m, fds, err := c.Hear(deadline)
	if err == nil && m.Kind != kind {
		control.CloseAll(fds)
		return m, nil, fmt.Errorf("the master said %s instead of %s", m.Kind, kind)
	}
	return m, fds, err
}

// Hear waits for a message until deadline, before there is a loop. What is not understood is reported, and passed over.
func (c *Channel) Hear(deadline time.Time) (control.Message, []int, error) {
	for {
		m, fds, err := control.Recv(c.fd)
		switch {
		case errors.Is(err, control.ErrNotUnderstood) && time.Now().Before(deadline):
			c.Complain(err)
			continue
		case !errors.Is(err, unix.EAGAIN):
			return m, fds, err
		case !time.Now().Before(deadline):
			return m, nil, errors.New("the master says nothing")
		}
		if err := wait(c.fd, unix.POLLIN, deadline); err != nil {
			return m, nil, fmt.Errorf("cannot wait for the master: %w", err)
		}
	}
}
