package master

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"lbmaster/master/listen"
	"lbmaster/master/procfs"
	"lbmaster/shared/regular"
)

// pidfile is the path of a file with the master's process id; "": none. Several processes may own it one after the
// other: whoever wrote it last. The file of an instance that lives, and does not give way, is not taken.
type pidfile string

// free says whose the file is, if it is that of a master which lives and does not yield.
func (p pidfile) free(yields func(pid int) bool) error {
	if p == "" {
		return nil
	}
	text, err := regular.Read(string(p))
	if errors.Is(err, regular.ErrOther) { // write would put a file in its place
		return fmt.Errorf("the pidfile (global.pidfile or -p): %w", err)
	}
	// Of any other error, write says what is wrong.
	pid := pidIn(string(text))
	if pid <= 1 || yields(pid) || !procfs.IsMaster(pid) {
		return nil
	}
	return fmt.Errorf("the pidfile %s (global.pidfile or -p) is that of process %d (%s), which runs: stop it, replace it (-sf %d), or choose another path",
		p, pid, procfs.NameOf(procfs.Dir(pid)), pid)
}

func pidIn(text string) int {
	pid, _ := strconv.Atoi(strings.TrimSpace(text))
	return pid
}

// write makes the file this process's own, at once: a reader finds one process id or the other.
func (p pidfile) write(yields func(pid int) bool) error {
	if p == "" {
		return nil
	}
	defer listen.LockDir(string(p))()
	if err := p.free(yields); err != nil {
		return err
	}
	if err := regular.Replace(string(p), strconv.Itoa(os.Getpid())+"\n", 0o644); err != nil {
		return fmt.Errorf("cannot write the pidfile (global.pidfile or -p): %w", err)
	}
	return nil
}

// remove removes the file if it is still this process's.
func (p pidfile) remove() {
	if p == "" {
		return
	}
	defer listen.LockDir(string(p))()
	text, err := regular.Read(string(p))
	if err == nil && pidIn(string(text)) == os.Getpid() {
		_ = os.Remove(string(p)) // nothing can be done about it
	}
}
