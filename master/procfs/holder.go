// Package procfs finds out from /proc which processes have which sockets, and which of them are instances of lbmaster.
package procfs

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

// ChildTitle begins the names of children in lists of processes.
const ChildTitle = "lbmaster: "

// IsChild says that a process calls itself a child of an instance.
func IsChild(dir string) bool { return calls(dir, ChildTitle) }

// HeldError says which process has what we want.
type HeldError struct {
	PID  int
	name string
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%v: %s listens there: stop it, or replace it if it is an lbmaster (-sf %d)", unix.EADDRINUSE, e.Process(), e.PID)
}

func (e *HeldError) Process() string { return fmt.Sprintf("process %d (%s)", e.PID, e.name) }

func (e *HeldError) Unwrap() error { return unix.EADDRINUSE }

// HeldBy is the error for sockets that somebody has, the master if that is an instance. We may be unable to see who it is.
func HeldBy(sockets map[string]bool) error {
	var holder *HeldError
	for dir := range Holders(sockets) {
		if holder == nil || !IsChild(dir) {
			holder = &HeldError{PIDOf(dir), NameOf(dir)}
		}
	}
	if holder == nil {
		return unix.EADDRINUSE
	}
	return holder
}

// Holders are the other processes that hold any of these sockets, and which, by their directories in /proc.
func Holders(sockets map[string]bool) map[string]map[string]bool {
	all := make(map[string]map[string]bool)
	if len(sockets) == 0 {
		return all
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // it fails for a bad pattern only
	for _, dir := range dirs {
		if dir == Dir(os.Getpid()) {
			continue
		}
		for socket := range SocketsOf(dir) {
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

// SocketsOf are the sockets of a process, as far as we may see them.
func SocketsOf(dir string) map[string]bool {
	all := make(map[string]bool)
	links, _ := filepath.Glob(filepath.Join(dir, "fd", "[0-9]*"))
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "socket:") {
			all[to] = true
		}
	}
	return all
}

// SocketName is a socket as /proc/PID/fd shows it.
func SocketName(fd int) string {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return "" // no socket is called so
	}
	return socketNumber(strconv.FormatUint(st.Ino, 10))
}

func socketNumber(inode string) string { return "socket:[" + inode + "]" }

func Dir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

func PIDOf(dir string) int {
	pid, _ := strconv.Atoi(filepath.Base(dir))
	return pid
}

// NameOf is the name of a process's program, as far as it can be printed: anybody can choose one.
func NameOf(dir string) string {
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

// ParentOf is the parent of a process; 0: it has none any more. See proc_pid_stat(5): the name before may hold anything.
func ParentOf(dir string) int {
	text, _ := os.ReadFile(filepath.Join(dir, "stat"))
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(fields[1])
	return ppid
}

// IsMaster says that a process is the master of an instance: it runs our program, or has children that call themselves so,
// and is root's or our user's. Of anybody else's we would believe too much.
func IsMaster(pid int) bool {
	dir := Dir(pid)
	if !trusted(dir) || IsChild(dir) {
		return false
	}
	theirs, err := os.Stat(filepath.Join(dir, "exe"))
	ours, err2 := os.Stat("/proc/self/exe")
	if err == nil && err2 == nil && os.SameFile(theirs, ours) {
		return true
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	return slices.ContainsFunc(dirs, func(child string) bool { return IsChild(child) && ParentOf(child) == pid })
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
