package succession

import (
	"errors"

	"golang.org/x/sys/unix"
)

// The permit decides whether a new master may take over. It takes it before it does; an old one that is told to end takes it before it
// ends the upgrade. Who comes second does not: else the old one could kill a master that serves already, and whose workers would go on
// without one. A program that knows nothing of the permit leaves it to the other side.

// newPermit is a pipe with one byte.
func newPermit() (fd int, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return -1, err
	}
	_, err = unix.Write(ends[1], []byte{1})
	if err := errors.Join(err, unix.Close(ends[1])); err != nil {
		return -1, errors.Join(err, unix.Close(ends[0]))
	}
	return ends[0], nil
}

// claim takes the byte. The kernel gives it to one reader only.
func claim(fd int) bool {
	n, err := unix.Read(fd, make([]byte, 1))
	return n == 1 && err == nil
}
