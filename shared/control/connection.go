package control

import (
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// SendConnection passes an open client connection, for a place in the receiver's configuration, through a channel made
// by Pair. It does not wait: unix.EAGAIN and unix.ETOOMANYREFS mean that the peer is behind. The descriptor stays open here.
func SendConnection(channel int, to Place, connection int) error {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(to))
	for {
		err := unix.Sendmsg(channel, b[:], unix.UnixRights(connection), nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
		if err != unix.EINTR {
			return err
		}
	}
}

// Confirm tells the sender of connections that n more have been taken, and are counted here. It does not wait, and says
// nothing of none.
func Confirm(channel, n int) error {
	if n == 0 {
		return nil
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(n))
	return unix.Sendmsg(channel, b[:], nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
}

// Confirmed is how many connections have been taken, of those which were sent and not yet confirmed. It does not wait:
// unix.EAGAIN means that nothing has been said. The other errors are those of fault.go.
func Confirmed(channel int) (int, error) {
	var b [4]byte
	n, _, flags, err := recvmsg(channel, b[:], nil)
	switch {
	case err != nil:
		return 0, err
	case n == 0 && ended(channel):
		return 0, io.EOF
	case n != len(b) || flags&unix.MSG_TRUNC != 0:
		return 0, fmt.Errorf("%w: no number of connections", ErrNotUnderstood)
	}
	return int(binary.LittleEndian.Uint32(b[:])), nil
}

// RecvConnection takes a connection from a channel; its descriptor, close-on-exec, is the caller's. It does not wait:
// unix.EAGAIN means that there is none. The other errors are those of fault.go.
func RecvConnection(channel int) (to Place, connection int, err error) {
	var b [4]byte
	oob := make([]byte, unix.CmsgSpace(4))
	n, oobn, flags, err := recvmsg(channel, b[:], oob)
	if err != nil {
		return 0, -1, err
	}
	if n == 0 && oobn == 0 && flags&unix.MSG_CTRUNC == 0 && ended(channel) {
		return 0, -1, io.EOF
	}
	fds, err := rights(oob[:oobn])
	switch {
	case err != nil:
	case n == len(b) && len(fds) == 0 && flags&unix.MSG_CTRUNC != 0:
		err = fmt.Errorf("a connection that was handed over: %w", ErrNoRoom)
	case n != len(b) || len(fds) != 1 || flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0:
		err = fmt.Errorf("%w: something that is no connection", ErrNotUnderstood)
	}
	if err != nil {
		CloseAll(fds)
		return 0, -1, err
	}
	return Place(binary.LittleEndian.Uint32(b[:])), fds[0], nil
}
