package listen

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Access is who may use the path of a unix socket.
type Access struct {
	Mode        os.FileMode
	User, Group int // numbers; -1: those of this process
}

// Anybody may connect who may reach the directory, as with a port.
var Anybody = Access{0o666, -1, -1}

// errOther says that somebody has put another file in the place of a socket.
var errOther = errors.New("another program has put a file there: choose a directory in which only the user of this program may write")

// Grant lets those use a socket who may, and returns its inode. For others there is no moment in which they could. Inode is that of the socket,
// 0 when it has just been bound. Who may write in the directory may put another file in the place of the socket at any time: Grant changes the
// socket, or nothing.
func (a Access) Grant(path string, inode uint64) (uint64, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	ours := st.Mode&unix.S_IFMT == unix.S_IFSOCK
	if inode == 0 {
		ours = ours && st.Nlink == 1 && int(st.Uid) == os.Geteuid()
	} else {
		ours = ours && st.Ino == inode
	}
	if !ours {
		return 0, errOther
	}
	return st.Ino, a.grant(fd)
}

// grant changes the file behind a descriptor that has been opened with O_PATH. chmod(2) has no such form before Linux 6.6, so that it goes by
// /proc/self/fd, see open(2).
func (a Access) grant(fd int) error {
	if a.User != -1 || a.Group != -1 {
		if err := unix.Fchownat(fd, "", a.User, a.Group, unix.AT_EMPTY_PATH); err != nil {
			return err
		}
	}
	return os.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), a.Mode)
}
