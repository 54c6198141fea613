// Package privileges is how a child of the master gives up what it does not need: it becomes an ordinary user, locked up in
// a directory.
package privileges

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Identity is what a process becomes. The zero value leaves everything as it is.
type Identity struct {
	User   int    // 0: stays as it is, and so do the capabilities
	Group  int    // 0: stays as it is
	Groups []int  // the supplementary groups; they count when User or Group is set
	Chroot string // "": none
}

// Assume makes this process, with all its threads, what i says, for ever. It is called when everything has been opened
// that will be out of reach. With an error, the process must end.
//
// That no program which is executed later gets more is seen to before: by GiveUp, in the thread that starts the process.
func (i Identity) Assume() error {
	// The zone's file, which is read when it is first needed, may not be there any more then.
	_, _ = time.Now().Zone()
	if i.Chroot != "" {
		if err := errors.Join(unix.Chroot(i.Chroot), unix.Chdir("/")); err != nil {
			return fmt.Errorf("cannot change the root directory to %s: %w", i.Chroot, err)
		}
	}
	if i.User == 0 && i.Group == 0 {
		return nil
	}
	// Package syscall does these for all threads, with and without cgo.
	if err := syscall.Setgroups(i.Groups); err != nil {
		return fmt.Errorf("cannot change the supplementary groups to %v: %w", i.Groups, err)
	}
	if i.Group != 0 {
		if err := syscall.Setgid(i.Group); err != nil {
			return fmt.Errorf("cannot become group %d: %w", i.Group, err)
		}
	}
	if i.User != 0 {
		if err := syscall.Setuid(i.User); err != nil {
			return fmt.Errorf("cannot become user %d: %w", i.User, err)
		}
	}
	return i.proved()
}

// proved says what is not as it should be.
func (i Identity) proved() error {
	groups, err := syscall.Getgroups()
	if err != nil {
		return err
	}
	slices.Sort(groups)
	switch want := slices.Sorted(slices.Values(i.Groups)); {
	case i.User != 0 && (syscall.Getuid() != i.User || syscall.Geteuid() != i.User):
		return fmt.Errorf("the process is user %d, and should be %d", syscall.Geteuid(), i.User)
	case i.Group != 0 && (syscall.Getgid() != i.Group || syscall.Getegid() != i.Group):
		return fmt.Errorf("the process is of group %d, and should be of %d", syscall.Getegid(), i.Group)
	case !slices.Equal(groups, want):
		return fmt.Errorf("the process is of the groups %v, and should be of %v", groups, want)
	case i.User == 0:
		return nil
	}
	// The kernel takes the capabilities away with the last user id that is 0 (capabilities(7)).
	data, err := capabilities()
	if err != nil {
		return err
	}
	for _, d := range data {
		if d.Effective|d.Permitted != 0 {
			return fmt.Errorf("user %d still has capabilities: %+v", i.User, data)
		}
	}
	return nil
}

// GiveUp takes from the calling thread, and so from what is executed in it, the ways to more privileges than its user has:
// no_new_privs is set, and no capability is inherited. It cannot be undone: the caller locks the thread, and ends it.
// Only a thread can do that for all threads of another process: when all of this one have to, cgo stands in the way.
func GiveUp() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_SET_NO_NEW_PRIVS)", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_CAP_AMBIENT_CLEAR_ALL)", err)
	}
	data, err := capabilities()
	if err != nil {
		return err
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	return os.NewSyscallError("capset", unix.Capset(&header, &data[0]))
}

// capabilities are those of the calling thread.
func capabilities() ([2]unix.CapUserData, error) {
	var data [2]unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	err := unix.Capget(&header, &data[0])
	return data, os.NewSyscallError("capget", err)
}
