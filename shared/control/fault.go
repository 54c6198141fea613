package control

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// What may be wrong with a message, or with the channel. Only io.EOF says that the peer is gone: after anything else the
// channel goes on.
//
//	io.EOF            the peer is gone
//	unix.EAGAIN       there is nothing to receive, or no room to send: later
//	ErrNoRoom         the descriptors of a message found no room in this process and are lost: what they came for is asked
//	                  for again (Again)
//	ErrNotUnderstood  what came is no message of this version: it is reported, and skipped
//	any other         the kernel lacks memory (recvmsg(2)): later, and reported
var (
	ErrNoRoom        = errors.New("the limit of open files (global.ulimit_n) leaves no room for its descriptors")
	ErrNotUnderstood = errors.New("control message not understood")
)

// Behind says that a message may be sent later: the channel is full, too many descriptors are on their way (unix(7)), or the kernel
// lacks memory.
func Behind(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ETOOMANYREFS) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM)
}

// complaintTime is how often trouble with a channel is reported at most: whoever floods it must not flood the log.
const complaintTime = 10 * time.Second

// Complaints bounds the reports about what was wrong on one channel. The zero value is ready.
type Complaints struct {
	next time.Time
	more int // that were not reported
}

// About is the text of a report; "": not now.
func (c *Complaints) About(err error, now time.Time) string {
	if now.Before(c.next) {
		c.more++
		return ""
	}
	text := err.Error()
	if c.more > 0 {
		text += fmt.Sprintf(" (and %d more since the last report)", c.more)
	}
	c.next, c.more = now.Add(complaintTime), 0
	return text
}
