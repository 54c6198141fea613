package channel

import (
	"time"

	"golang.org/x/sys/unix"
)

// wait waits until a descriptor is ready for something, or until deadline.
func wait(fd int, events int16, deadline time.Time) error {
	poll := []unix.PollFd{{Fd: int32(fd), Events: events}}
	_, err := unix.Poll(poll, int(max(0, time.Until(deadline).Milliseconds())))
	if err == unix.EINTR {
		return nil
	}
	return err
}
