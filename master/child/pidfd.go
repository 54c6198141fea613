package child

import (
	"os"

	"golang.org/x/sys/unix"
)

// AwaitEnd waits for the end of a process that is not our child: nobody can tell how it ended. Waiting needs a non-blocking
// pidfd, and the one we were given is the old master's too, which waits in another way.
func AwaitEnd(pid, pidfd int) string {
	const ended = "it has ended"
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil || HasEnded(pidfd) { // it has ended already, and the pid may be somebody else's
		unix.Close(fd)
		return ended
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	defer f.Close()
	raw, err := f.SyscallConn()
	if err == nil {
		err = raw.Read(func(fd uintptr) bool { return HasEnded(int(fd)) })
	}
	if err != nil {
		return err.Error()
	}
	return ended
}

// HasEnded says that a descriptor has something to tell; a pidfd, that its process has ended.
func HasEnded(fd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return n > 0 || err != nil && err != unix.EINTR
}
