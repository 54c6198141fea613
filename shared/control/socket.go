package control

import (
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// Pair makes the two ends of a control channel. Both are non-blocking and close-on-exec.
func Pair() (master, child int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("cannot make a control channel: %w", err)
	}
	return fds[0], fds[1], nil
}

// RefuseFDs lets nobody send descriptors to this end of a channel (SO_PASSRIGHTS): who receives one has to close it, and close(2) may wait for
// minutes. Before Linux 6.16 there is no such thing, and the error is unix.ENOPROTOOPT.
func RefuseFDs(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSRIGHTS, 0) }

// Send sends one message with descriptors, at most MaxFDs, which stay open here. It does not wait: unix.EAGAIN means
// that the peer is behind.
func Send(fd int, m Message, fds []int) error {
	b, err := Encode(m)
	if err != nil {
		return err
	}
	if len(fds) > MaxFDs {
		return fmt.Errorf("control message %s: %d descriptors, at most %d are possible", m.Kind, len(fds), MaxFDs)
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	for {
		err = unix.Sendmsg(fd, b, rights, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		if err != unix.EINTR {
			return err
		}
	}
}

// Recv receives one message and the descriptors that came with it, close-on-exec, which are the caller's. It does not
// wait. The errors are those of fault.go; with any of them, no descriptor is left open. With ErrNoRoom the message is there
// without them.
func Recv(fd int) (Message, []int, error) {
	b := make([]byte, MaxMessage+1)
	oob := make([]byte, unix.CmsgSpace(4*(MaxFDs+1)))
	n, oobn, flags, err := recvmsg(fd, b, oob)
	if err != nil {
		return Message{}, nil, err
	}
	if n == 0 && oobn == 0 && flags&unix.MSG_CTRUNC == 0 && ended(fd) {
		return Message{}, nil, io.EOF
	}
	fds, err := rights(oob[:oobn])
	var m Message
	switch {
	case err != nil:
	case flags&unix.MSG_TRUNC != 0:
		err = fmt.Errorf("%w: more than %d bytes", ErrNotUnderstood, MaxMessage)
	default:
		m, err = Decode(b[:n])
	}
	if err == nil && flags&unix.MSG_CTRUNC != 0 {
		err = fmt.Errorf("control message %s: %w", m.Kind, ErrNoRoom)
	}
	if err != nil {
		CloseAll(fds)
		return m, nil, err
	}
	return m, fds, nil
}

// ended tells the end of a channel from an empty message: recvmsg(2) says 0 for both.
func ended(fd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}, 0)
	return n > 0 && err == nil
}

func recvmsg(fd int, b, oob []byte) (n, oobn, flags int, err error) {
	for {
		n, oobn, flags, _, err = unix.Recvmsg(fd, b, oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
		switch err {
		case unix.EINTR:
		case unix.ECONNRESET: // the peer closed its end with messages unread
			return 0, 0, 0, io.EOF
		default:
			return n, oobn, flags, err
		}
	}
}

// rights are the descriptors in the ancillary data oob.
func rights(oob []byte) ([]int, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotUnderstood, err)
	}
	var all []int
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return all, fmt.Errorf("%w: %w", ErrNotUnderstood, err)
		}
		all = append(all, fds...)
	}
	return all, nil
}

// CloseAll closes descriptors that have come with a message and are not wanted.
func CloseAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd) // nothing can be done about an error
	}
}
