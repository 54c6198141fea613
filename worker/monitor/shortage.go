package monitor

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// shortage is the reason why a check could not be made on this machine, which says nothing about the server. The text
// does not name the server, so that all servers lack the same thing.
type shortage struct {
	what string
	err  error
}

func (s *shortage) Error() string { return s.what }
func (s *shortage) Unwrap() error { return s.err }

// scarce are the errors of any call for want of something of this machine.
var scarce = []syscall.Errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM}

// lacking finds the shortage behind an error of a dial; nil: the error is about the server. Whatever bind(2) refuses is
// ours. EADDRNOTAVAIL of connect(2) says that no local port or address is left for the connection.
func lacking(err error, source *net.TCPAddr) *shortage {
	for _, e := range scarce {
		if errors.Is(err, e) {
			return &shortage{e.Error(), err}
		}
	}
	var call *os.SyscallError
	switch {
	case !errors.As(err, &call):
		return nil
	case call.Syscall == "bind":
		return &shortage{"source " + source.String() + ": " + call.Err.Error(), err}
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return &shortage{"no local address or port is left to connect from", err}
	}
	return nil
}

// shortages count for each thing that is missing the servers whose last check lacked it.
type shortages map[string]int

// move notes that a server that lacked one thing lacks another now; "": nothing. It returns true when no other server
// lacks the new thing yet.
func (s shortages) move(from, to string) (first bool) {
	if from == to {
		return false
	}
	if s[from]--; s[from] <= 0 {
		delete(s, from)
	}
	if to == "" {
		return false
	}
	s[to]++
	return s[to] == 1
}
