// Package privileges is how a child of the master comes to have none: it is an ordinary user if the configuration names one,
// has no capabilities even if it stays root, and is locked up in a directory.
//
// Everything but the directory is settled before the child's program begins, in a thread of the master that ends afterwards:
// credentials belong to threads, and a process cannot change them for all of its own when cgo is linked in.
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

// Identity is what a child is. The zero value is who the master is, without any capability.
type Identity struct {
	User     int    // 0: the master's
	Group    int    // 0: the master's
	Groups   []int  // the supplementary groups; they count when User or Group is set
	Chroot   string // "": none
	LowPorts bool   // it may bind ports below 1024 (CAP_NET_BIND_SERVICE), if the master may
}

// keeps are the capabilities of the child.
func (i Identity) keeps() uint64 {
	if i.LowPorts {
		return 1 << unix.CAP_NET_BIND_SERVICE
	}
	return 0
}

// takes are those that making the child takes.
func (i Identity) takes() uint64 {
	all := i.keeps()
	if i.changes() {
		all |= 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID
	}
	if i.Chroot != "" {
		all |= 1 << unix.CAP_SYS_CHROOT
	}
	return all
}

// changes says that the child is somebody else than the master.
func (i Identity) changes() bool { return i.User != 0 || i.Group != 0 }

// GiveUp takes from the calling thread what neither the child nor making it needs, and says in how to start the child from
// here: what is executed can never get more than it has (no_new_privs), and has only what i says. It cannot be undone: the
// caller locks the thread, and ends it.
//
// With a directory to lock the child up in, the thread and the child have their root directory in common afterwards: when the
// child has opened everything that will be out of reach, LockUp in this thread changes it for both.
func (i Identity) GiveUp(attr *syscall.SysProcAttr) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_SET_NO_NEW_PRIVS)", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_CAP_AMBIENT_CLEAR_ALL)", err)
	}
	if err := bound(i.keeps()); err != nil {
		return err
	}
	has, err := reduce(i.takes())
	if err != nil {
		return err
	}
	if has&i.keeps() != 0 {
		attr.AmbientCaps = []uintptr{unix.CAP_NET_BIND_SERVICE}
	}
	if i.changes() {
		attr.Credential = i.credential()
	}
	if i.Chroot != "" {
		attr.Cloneflags |= unix.CLONE_FS
		return os.NewSyscallError("unshare(CLONE_FS)", unix.Unshare(unix.CLONE_FS)) // from all other threads
	}
	return nil
}

func (i Identity) credential() *syscall.Credential {
	c := &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	if i.User != 0 {
		c.Uid = uint32(i.User)
	}
	if i.Group != 0 {
		c.Gid = uint32(i.Group)
	}
	for _, g := range i.Groups {
		c.Groups = append(c.Groups, uint32(g))
	}
	return c
}

// bound leaves only some capabilities in the bounding set of the calling thread. Who may not do that, which takes
// CAP_SETPCAP, does without: what is in there could only be had by a program that no_new_privs keeps from having it.
func bound(keep uint64) error {
	for c := uint(0); c < 64; c++ {
		if keep&(1<<c) != 0 {
			continue
		}
		switch err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err {
		case nil:
		case unix.EPERM, unix.EINVAL: // the kernel has no more of them
			return nil
		default:
			return os.NewSyscallError("prctl(PR_CAPBSET_DROP)", err)
		}
	}
	return nil
}

// reduce leaves the calling thread at most these capabilities, and none to inherit. It returns those that it has.
func reduce(to uint64) (has uint64, err error) {
	data, err := capabilities()
	if err != nil {
		return 0, err
	}
	has = to & permitted(data)
	for k := range data {
		half := uint32(has >> (32 * k))
		data[k] = unix.CapUserData{Effective: half, Permitted: half}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	return has, os.NewSyscallError("capset", unix.Capset(&header, &data[0]))
}

// LockUp changes the root directory of the calling thread, and of the child that it has started.
func (i Identity) LockUp() error {
	if err := errors.Join(unix.Chroot(i.Chroot), unix.Chdir("/")); err != nil {
		return fmt.Errorf("cannot change the root directory to %s: %w", i.Chroot, err)
	}
	return nil
}

// Settle is called by a child which has opened everything that will be out of reach. With an error it is not what it should
// be, and must end.
func (i Identity) Settle() error {
	// The zone's file, which is read when it is first needed, may not be there any more then.
	_, _ = time.Now().Zone()
	if i.User != 0 {
		// Other processes of that user are not to look into this one.
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
			return os.NewSyscallError("prctl(PR_SET_DUMPABLE)", err)
		}
	}
	return errors.Join(i.provedUser(), i.provedCapabilities())
}

func (i Identity) provedUser() error {
	if !i.changes() {
		return nil
	}
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
	}
	return nil
}

func (i Identity) provedCapabilities() error {
	data, err := capabilities()
	if err != nil {
		return err
	}
	if more := permitted(data) &^ i.keeps(); more != 0 {
		return fmt.Errorf("the process still has the capabilities %#x: set global.user, or give the master CAP_SETPCAP, with which it can take them", more)
	}
	return nil
}

// capabilities are those of the calling thread.
func capabilities() ([2]unix.CapUserData, error) {
	var data [2]unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	err := unix.Capget(&header, &data[0])
	return data, os.NewSyscallError("capget", err)
}

func permitted(data [2]unix.CapUserData) uint64 {
	return uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32
}
