package listen

import (
	"errors"
	"os"

	"lbmaster/master/procfs"

	"golang.org/x/sys/unix"
)

// A socket that takes a path over has a name of its own until then. Who had the path keeps another name for as long as it may
// get it back.
const keptSuffix = ".old"

// OpenUnix opens a unix socket for those who may use it. A file that an earlier process left is replaced, if nobody answers there.
// Somebody who does keeps the path, unless mayTake says otherwise of the sockets that listen there.
func (o *Opening) OpenUnix(path string, access Access, mayTake MayTake) (*Listener, error) {
	defer LockDir(path)()
	switch err := clearPath(path); {
	case err == nil:
		return bindUnix(path, access)
	case !errors.Is(err, unix.EADDRINUSE):
		return nil, err
	}
	sockets := procfs.ListeningOn(path)
	o.strangers(sockets) // one of ours that has lost the path
	if !mayTake(sockets) {
		return nil, procfs.HeldBy(sockets)
	}
	return o.bindBeside(path, access, mayTake)
}

// bindBeside makes a socket that is to have the path of one that is in use, once all the others are there: see seizePaths.
// Of several that want the path, one has the other name, and with it the right to look who has the path now.
func (o *Opening) bindBeside(path string, access Access, mayTake MayTake) (*Listener, error) {
	mine := path + procfs.TakenSuffix
	if err := clearPath(mine); err != nil {
		return nil, err
	}
	l, err := bindUnix(mine, access)
	if err != nil {
		return nil, err
	}
	o.Add(l)
	sockets := procfs.ListeningOn(path)
	o.strangers(sockets)
	if !mayTake(sockets) && len(sockets) > 0 {
		l.Close()
		return nil, procfs.HeldBy(sockets)
	}
	l.Path, l.waits = path, mine
	return l, nil
}

// seizePaths gives the sockets that wait for it their paths: at no moment is there none. Who had one goes on serving whom he
// has, and leaves the path alone when he ends.
func seizePaths(all []*Listener) error {
	for _, l := range all {
		if l.waits == "" {
			continue
		}
		kept := l.Path + keptSuffix
		if clearPath(kept) == nil && os.Link(l.Path, kept) == nil { // else there is no way back
			l.kept = kept
		}
		if err := os.Rename(l.waits, l.Path); err != nil {
			return err
		}
		l.waits = ""
	}
	return nil
}

// leavePath removes the path unless it belongs to somebody else by now. It goes back to whom it has been taken from.
func (l *Listener) leavePath() {
	switch {
	case l.Lent || l.Path == "" || l.Inode == 0:
	case l.waits != "":
		_ = unix.Unlink(l.waits)
		l.KeepPath()
	case InodeOf(l.Path) != l.Inode:
		l.KeepPath()
	case l.kept != "":
		_ = os.Rename(l.kept, l.Path) // a path that is not given back is one on which nobody answers
	default:
		_ = unix.Unlink(l.Path)
	}
}

// KeepPath means that nobody is going to get it back.
func (l *Listener) KeepPath() {
	if l.kept != "" {
		_ = unix.Unlink(l.kept) // it is only a name too many
		l.kept = ""
	}
}

// bindUnix makes a socket that listens on a path where there is none.
func bindUnix(path string, access Access) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return nil, err
	}
	l := &Listener{FDs: []int{fd}, Path: path, One: true}
	if l.Inode, err = access.Grant(path, 0); err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		l.Close()
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
