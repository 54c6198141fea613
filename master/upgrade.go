package master

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/cloudflare/tableflip"
	"golang.org/x/sys/unix"

	"lbmaster/shared/threads"
)

// upgrader replaces this master by another process, which may run another program with another configuration. It is the
// only part that knows tableflip.
//
// The other master gets, by name, all that outlives this one: listening sockets, counters, server states, and the control
// channels of all workers. When it is ready for them, this one has nothing to do any more and leaves within milliseconds:
// tableflip begins no further upgrade as long as the parent of a process lives.
type upgrader struct {
	flip  *tableflip.Upgrader
	words *os.File // where a new master says why it fails; nil in the first one
}

const (
	checkTime = 10 * time.Second       // bounds how long the check of the new program and configuration may take
	checkLate = 500 * time.Millisecond // a check that ends so much later has not had its time: the machine stood still
)

// newUpgrader must be called once in the life of a process.
func newUpgrader(timeout time.Duration) (*upgrader, error) {
	flip, err := tableflip.New(tableflip.Options{UpgradeTimeout: timeout})
	if err != nil {
		return nil, fmt.Errorf("cannot prepare for upgrades: %w", err)
	}
	u := &upgrader{flip: flip}
	if flip.HasParent() {
		// tableflip's own two pipes must not leak into workers.
		unix.CloseOnExec(3)
		unix.CloseOnExec(4)
		if u.words, err = flip.File(wordsName); err != nil {
			return nil, fmt.Errorf("cannot take over from the old master: %w", err)
		}
	}
	return u, nil
}

// Names of what is handed over, besides those that state lists.
const (
	stateName = "state"
	wordsName = "words"
)

// hasPredecessor says that there is an old master to take over from.
func (u *upgrader) hasPredecessor() bool { return u.flip.HasParent() }

// take is the descriptor that the old master has handed over under a name; it is the caller's.
func (u *upgrader) take(name string) (int, error) {
	f, err := u.flip.File(name)
	if err != nil {
		return -1, fmt.Errorf("cannot take over %s: %w", name, err)
	}
	if f == nil {
		return -1, fmt.Errorf("cannot take over %s: the old master has not handed it over", name)
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

// give hands a descriptor over under a name. It stays the caller's.
func (u *upgrader) give(name string, fd int) error {
	copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("cannot hand over %s: %w", name, err)
	}
	f := os.NewFile(uintptr(copied), name)
	defer f.Close()
	if err := u.flip.AddFile(name, f); err != nil {
		return fmt.Errorf("cannot hand over %s: %w", name, err)
	}
	return nil
}

// commit tells the old master, if there is one, that it can leave.
func (u *upgrader) commit() error {
	if u.words != nil {
		fmt.Fprintf(u.words, "%s%d\n", takenOver, os.Getpid())
	}
	err := u.flip.Ready()
	if u.words != nil {
		_ = u.words.Close()
		u.words = nil
	}
	return err
}

// explain tells the old master why this one fails.
func (u *upgrader) explain(why error) {
	if u.words != nil {
		_, _ = u.words.WriteString(why.Error()) // it also sees that we end
	}
}

// takenOver stands before the process id of a new master that has taken over.
const takenOver = "pid "

// leaveTime bounds how long the master before this one may take to leave.
const leaveTime = 5 * time.Second

// run starts the new master and waits until it has taken over, or has failed. It returns the new master's process id. An
// error says why there is none, in the new process's own words if it had any.
func (u *upgrader) run(environ []string) (pid int, err error) {
	if err := threads.Room(); err != nil {
		return 0, err
	}
	if err := check(environ); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	if err := u.flip.WaitForParent(ctx); err != nil {
		return 0, fmt.Errorf("the master before this one does not leave: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if err := errors.Join(u.flip.AddFile(wordsName, w), w.Close()); err != nil {
		return 0, err
	}
	err = u.flipOver(ctx)
	said := hear(r)
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, said)
	}
	return strconv.Atoi(strings.TrimPrefix(said, takenOver))
}

// flipOver is Upgrade. tableflip may need a moment more until it believes that the parent is gone.
func (u *upgrader) flipOver(ctx context.Context) error {
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for {
		err := u.flip.Upgrade()
		if err == nil || err.Error() != "parent hasn't exited" {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return err
		}
	}
}

// hear reads what a new master has said by now. It does not wait: the pipe's end does not come, as tableflip keeps a copy of it. A
// deadline would be too early for one who is not given the processor in time.
func hear(r *os.File) string {
	raw, err := r.SyscallConn()
	if err != nil {
		return ""
	}
	said, n := make([]byte, 4<<10), 0
	if err := raw.Read(func(fd uintptr) bool {
		n, _ = unix.Read(int(fd), said)
		return true
	}); err != nil {
		return ""
	}
	return strings.TrimSpace(string(said[:max(n, 0)]))
}

// check asks the new program about the new configuration: once more when the machine stood still while it answered.
func check(environ []string) error {
	began := time.Now()
	err := checkOnce(environ)
	if err != nil && time.Since(began) > checkTime+checkLate {
		err = checkOnce(environ)
	}
	return err
}

// checkOnce runs the new program on the new configuration, without starting anything.
func checkOnce(environ []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"-t"}, os.Args[1:]...)...)
	cmd.Env = childEnviron(environ)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the check of the new program and configuration fails: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// stop ends an upgrade that is under way, and allows no other.
func (u *upgrader) stop() { u.flip.Stop() }
