package listen

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Shut makes the sockets refuse connections, and lets others have the address. It stays bound here.
func (l *Listener) Shut() {
	if l.Path != "" {
		return // it would never listen again
	}
	for _, fd := range l.FDs {
		_ = unix.Shutdown(fd, unix.SHUT_RD) // one that does not listen is what we want
	}
}

// Free says why another program keeps the address from us, if one does.
func (l *Listener) Free() error {
	if l.Shared() || len(l.FDs) == 0 {
		return nil // one that was given shares its address with nobody else of ours: listening tells
	}
	at, err := socketAddressOf(l.FDs[0])
	if err != nil {
		return err
	}
	probe, err := bindTCP(at.addr, false, l.Early)
	if err == nil {
		return unix.Close(probe)
	}
	if errors.Is(err, unix.EADDRINUSE) {
		return err
	}
	return nil // we may not bind any more; the sockets that are bound need no right to listen
}

// ListenAgain is the opposite of shut.
func (l *Listener) ListenAgain() error {
	if l.Path != "" {
		return nil
	}
	for _, fd := range l.FDs {
		if err := unix.Listen(fd, backlog); err != nil {
			return err
		}
	}
	return nil
}
