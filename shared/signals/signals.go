// Package signals is what a child of the master makes of signals.
package signals

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Child makes this process deaf to the signals that only the master reads, for as long as it lives: those of a terminal or of
// a service manager reach everybody, and must not end a child early. Two have a meaning when the master is gone, which the
// control channel tells. SIGTERM ends the process. SIGUSR1 is a soft stop, which replaced tells of: the instance that has taken
// over sends it.
func Child(control int) (replaced <-chan struct{}) {
	signal.Ignore(unix.SIGINT, unix.SIGHUP, unix.SIGUSR2, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE)
	terms, softStops := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(terms, unix.SIGTERM)
	signal.Notify(softStops, unix.SIGUSR1)
	told := make(chan struct{}, 1)
	go func() {
		for {
			select {
			case s := <-terms:
				if abandoned(control) {
					signal.Reset(s)
					_ = unix.Kill(unix.Getpid(), unix.SIGTERM) // this time it is not caught
				}
			case <-softStops:
				if abandoned(control) {
					notify(told)
				}
			}
		}
	}()
	return told
}

// notify leaves a note for the reader of a channel, unless one is there already.
func notify(told chan<- struct{}) {
	select {
	case told <- struct{}{}:
	default:
	}
}

// abandoned says that a socket has nobody at its other end. The kernel closes what a process has open before it tells anybody
// that the process has ended: who sends a signal because of that end comes later.
func abandoned(socket int) bool {
	state := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(state, 0)
	return err == nil && n > 0 && state[0].Revents&(unix.POLLHUP|unix.POLLRDHUP) != 0
}
