package master

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// takenSuffix is what a socket that takes a path over is called until it has it.
const takenSuffix = ".new"

// openUnix opens a unix socket with that mode. A file that an earlier process left is replaced, if nobody answers there.
// Somebody who does keeps the path, unless mayTake says otherwise.
func openUnix(path string, mode os.FileMode, mayTake func() bool) (*listener, error) {
	switch err := clearPath(path); {
	case err == nil:
		return bindUnix(path, mode)
	case errors.Is(err, unix.EADDRINUSE) && mayTake():
		return takePath(path, mode)
	default:
		return nil, err
	}
}

// takePath opens a socket in the place of one that is in use: at no moment is there none, and who had the path goes on
// serving whom he has, and leaves it alone when he ends.
func takePath(path string, mode os.FileMode) (*listener, error) {
	mine := path + takenSuffix
	if err := clearPath(mine); err != nil {
		return nil, err
	}
	l, err := bindUnix(mine, mode)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(mine, path); err != nil {
		l.close()
		return nil, err
	}
	l.path = path
	return l, nil
}

// bindUnix makes a socket that listens on a path where there is none.
func bindUnix(path string, mode os.FileMode) (*listener, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	l := &listener{fds: []int{fd}, path: path, inode: inode(path), one: true}
	if err := errors.Join(os.Chmod(path, mode), unix.Listen(fd, backlog)); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// clearPath removes a socket on which nobody listens any more.
func clearPath(path string) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return nil // bind says what is wrong, if anything
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return errors.New("the path exists and is not a socket: remove it or choose another")
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); !errors.Is(err, unix.ECONNREFUSED) {
		return unix.EADDRINUSE
	}
	return unix.Unlink(path)
}
