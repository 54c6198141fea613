package master

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Who has a socket is found in /proc. What a process calls itself anybody can imitate: so a name never takes anything from
// another user's process, and only makes a process of our own user, or of root, one that is spared.

// heldError says which process has what we want.
type heldError struct {
	pid  int
	name string
}

func (e *heldError) Error() string {
	return fmt.Sprintf("%v: %s listens there: stop it, or replace it if it is an lbmaster (-sf %d)", unix.EADDRINUSE, e.process(), e.pid)
}

func (e *heldError) process() string { return fmt.Sprintf("process %d (%s)", e.pid, e.name) }

func (e *heldError) Unwrap() error { return unix.EADDRINUSE }

// heldBy is the error for sockets that somebody has, the master if that is an instance. We may be unable to see who it is.
func heldBy(sockets map[string]bool) error {
	var holder *heldError
	for dir := range holders(sockets) {
		if holder == nil || !calls(dir, titlePrefix) {
			holder = &heldError{pidOf(dir), nameOf(dir)}
		}
	}
	if holder == nil {
		return unix.EADDRINUSE
	}
	return holder
}

// holders are the other processes that hold any of these sockets, and which, by their directories in /proc.
func holders(sockets map[string]bool) map[string]map[string]bool {
	all := make(map[string]map[string]bool)
	if len(sockets) == 0 {
		return all
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // it fails for a bad pattern only
	for _, dir := range dirs {
		if dir == procDir(os.Getpid()) {
			continue
		}
		for socket := range socketsOf(dir) {
			if !sockets[socket] {
				continue
			}
			if all[dir] == nil {
				all[dir] = make(map[string]bool)
			}
			all[dir][socket] = true
		}
	}
	return all
}

// socketsOf are the sockets of a process, as far as we may see them.
func socketsOf(dir string) map[string]bool {
	all := make(map[string]bool)
	links, _ := filepath.Glob(filepath.Join(dir, "fd", "[0-9]*"))
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "socket:") {
			all[to] = true
		}
	}
	return all
}

// socketName is a socket as /proc/PID/fd shows it.
func socketName(fd int) string {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "" // no socket is called so
	}
	return socketNumber(strconv.FormatUint(st.Ino, 10))
}

func socketNumber(inode string) string { return "socket:[" + inode + "]" }

func procDir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

func pidOf(dir string) int {
	pid, _ := strconv.Atoi(filepath.Base(dir))
	return pid
}

// nameOf is the name of a process's program, as far as it can be printed: anybody can choose one.
func nameOf(dir string) string {
	name, err := os.Readlink(filepath.Join(dir, "exe"))
	name = filepath.Base(strings.TrimSuffix(name, " (deleted)"))
	if err != nil { // it is another user's
		comm, _ := os.ReadFile(filepath.Join(dir, "comm"))
		name = strings.TrimSpace(string(comm))
	}
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, name)
}

// calls says that a process calls itself something that begins so.
func calls(dir, title string) bool {
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	return err == nil && bytes.HasPrefix(line, []byte(title))
}

// parentOf is the parent of a process; 0: it has none any more. See proc_pid_stat(5): the name before may hold anything.
func parentOf(dir string) int {
	text, _ := os.ReadFile(filepath.Join(dir, "stat"))
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(fields[1])
	return ppid
}

// isMaster says that a process is the master of an instance: it runs our program, or has children that call themselves so,
// and is root's or our user's. Of anybody else's we would believe too much.
func isMaster(pid int) bool {
	dir := procDir(pid)
	if !trusted(dir) || calls(dir, titlePrefix) {
		return false
	}
	theirs, err := os.Stat(filepath.Join(dir, "exe"))
	ours, err2 := os.Stat("/proc/self/exe")
	if err == nil && err2 == nil && os.SameFile(theirs, ours) {
		return true
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	return slices.ContainsFunc(dirs, func(child string) bool { return calls(child, titlePrefix) && parentOf(child) == pid })
}

// trusted says that a process lives and is root's or our user's. The owner of its directory does not say so: that is root
// for every program that is set-user-ID.
func trusted(dir string) bool {
	text, _ := os.ReadFile(filepath.Join(dir, "status"))
	for line := range strings.Lines(string(text)) {
		switch fields := strings.Fields(line); {
		case len(fields) > 1 && fields[0] == "State:" && fields[1] == "Z":
			return false
		case len(fields) > 1 && fields[0] == "Uid:":
			return fields[1] == "0" || fields[1] == strconv.Itoa(os.Geteuid())
		}
	}
	return false
}
