package succession

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cloudflare/tableflip"
	"golang.org/x/sys/unix"
)

// Flip is tableflip, as functions: in tests no process is forked.
//
// tableflip carries descriptors by name into the next process, which runs the program on disk, and knows whether that one has come up.
// It begins no upgrade as long as the parent of a process lives. So a master that has been replaced leaves within milliseconds.
type Flip struct {
	HasParent     func() bool                     // another process has started this one by Upgrade
	Take          func(name string) (int, error)  // a copy of what the parent has given; -1: it has given none
	Give          func(name string, fd int) error // a copy of fd goes to the next process
	Upgrade       func() error                    // starts the next process, and waits until that is Ready
	Ready         func() error                    // ends the parent's Upgrade
	WaitForParent func(limit time.Duration) error // waits until the parent is gone
	Stop          func()                          // ends an Upgrade that is under way, and allows no other
}

// errParent is why tableflip refuses an upgrade as long as it believes that the parent lives.
const errParent = "parent hasn't exited"

// Tableflip must be called once in the life of a process. A next process that is not Ready by timeout is killed.
func Tableflip(timeout time.Duration) (*Flip, error) {
	flip, err := tableflip.New(tableflip.Options{UpgradeTimeout: timeout})
	if err != nil {
		return nil, fmt.Errorf("cannot prepare for upgrades: %w", err)
	}
	if flip.HasParent() {
		// tableflip's own two pipes must not leak into workers.
		unix.CloseOnExec(3)
		unix.CloseOnExec(4)
	}
	return &Flip{
		HasParent: flip.HasParent,
		Take:      func(name string) (int, error) { return take(flip, name) },
		Give:      func(name string, fd int) error { return give(flip, name, fd) },
		Upgrade:   flip.Upgrade,
		Ready:     flip.Ready,
		WaitForParent: func(limit time.Duration) error {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			return flip.WaitForParent(ctx)
		},
		Stop: flip.Stop,
	}, nil
}

func take(flip *tableflip.Upgrader, name string) (int, error) {
	f, err := flip.File(name)
	if f == nil || err != nil {
		return -1, err
	}
	defer f.Close()
	return duplicate(f)
}

// duplicate is a copy of a file's descriptor. Asking the file for its own would make that blocking, in all processes
// that share it.
func duplicate(f *os.File) (int, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	var fd int
	var failed error
	err = raw.Control(func(n uintptr) { fd, failed = unix.FcntlInt(n, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(err, failed)
}

func give(flip *tableflip.Upgrader, name string, fd int) error {
	copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(copied), name)
	defer f.Close()
	return flip.AddFile(name, f)
}
