// Package signals is what a child of the master makes of signals.
package signals

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Child makes this process deaf to the signals that only the master reads, for as long as it lives: those of a terminal or of
// a service manager reach everybody, and must not end a child early. SIGTERM ends it when the master is gone, which the
// control channel tells: then nobody else would.
func Child(control int) {
	signal.Ignore(unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE)
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, unix.SIGTERM)
	go func() {
		for s := range terms {
			if abandoned(control) {
				signal.Reset(s)
				_ = unix.Kill(unix.Getpid(), unix.SIGTERM) // this time it is not caught
			}
		}
	}()
}

// abandoned says that a socket has nobody at its other end. The kernel closes what a process has open before it tells anybody
// that the process has ended: who sends a signal because of that end comes later.
func abandoned(socket int) bool {
	state := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(state, 0)
	return err == nil && n > 0 && state[0].Revents&(unix.POLLHUP|unix.POLLRDHUP) != 0
}
