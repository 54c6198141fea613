package master

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// inherit takes a listening socket that the master was started with, as service managers hand it over. All workers poll
// it, as one socket is all there is.
func inherit(fd int) (*listener, error) {
	// What we have opened ourselves has the flag; what came through exec cannot have it.
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
		return nil, errors.New("the program was not started with this descriptor open")
	}
	accepts, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the descriptor is no socket: %w", err)
	case accepts == 0:
		return nil, errors.New("the descriptor is a socket that does not listen")
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_STREAM {
		return nil, errors.New("the descriptor is no stream socket")
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	// Accepted sockets inherit it; on a unix socket it means nothing.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	return &listener{fds: []int{fd}, one: true}, nil
}
