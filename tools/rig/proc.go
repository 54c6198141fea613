//go:build linux

package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTick is the unit of times in /proc/PID/stat: USER_HZ, which Linux fixes at 100 on every architecture we run on.
const clockTick = 10 * time.Millisecond

// Stat is what /proc tells about a process at one moment.
type Stat struct {
	Pid, Parent int
	State       byte // 'R', 'S', 'Z', ...
	User        time.Duration
	System      time.Duration
}

// ReadStat reads /proc/PID/stat, proc(5).
func ReadStat(pid int) (Stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Stat{}, err
	}
	// The second field is the name in parentheses, which may itself hold anything, parentheses included.
	text := string(b)
	f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(f) < 13 {
		return Stat{}, fmt.Errorf("/proc/%d/stat: unexpected format", pid)
	}
	parent, _ := strconv.Atoi(f[1])
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return Stat{
		Pid: pid, Parent: parent, State: f[0][0],
		User: time.Duration(user) * clockTick, System: time.Duration(system) * clockTick,
	}, nil
}

// Alive tells whether the process exists and is not a zombie.
func Alive(pid int) bool {
	s, err := ReadStat(pid)
	return err == nil && s.State != 'Z'
}

// Pids returns every process id that exists now.
func Pids() []int {
	var pids []int
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range names {
		if pid, err := strconv.Atoi(filepath.Base(name)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Children returns the processes whose parent is pid, zombies excluded, in order of pid.
func Children(pid int) []int {
	var out []int
	for _, p := range Pids() {
		if s, err := ReadStat(p); err == nil && s.Parent == pid && s.State != 'Z' {
			out = append(out, p)
		}
	}
	return out
}

// Running returns the processes that execute the file at path, whoever their parent is.
func Running(path string) []int {
	var out []int
	for _, pid := range Pids() {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err == nil && strings.TrimSuffix(exe, " (deleted)") == path && Alive(pid) {
			out = append(out, pid)
		}
	}
	return out
}

// Cmdline returns the arguments of a process, joined by blanks.
func Cmdline(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " "))
}

// CountFDs returns how many descriptors a process has open, -1 when it is gone.
func CountFDs(pid int) int {
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return -1
	}
	return len(names)
}

// PeakMemory returns the largest resident size since the last ResetPeak, in bytes (VmHWM).
func PeakMemory(pid int) (int64, error) {
	return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:")
}

// Memory returns the resident size of a process in bytes, page-exact.
func Memory(pid int) (int64, error) {
	return kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Rss:")
}

// ResetPeak makes PeakMemory start again from the present size; see clear_refs in proc(5).
func ResetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

func kilobytes(file, key string) (int64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", file, key)
}

// CPU is processor time used.
type CPU struct{ User, System time.Duration }

// Total is user and system time together.
func (c CPU) Total() time.Duration { return c.User + c.System }

// Sub returns what was used since an earlier reading.
func (c CPU) Sub(earlier CPU) CPU {
	return CPU{User: c.User - earlier.User, System: c.System - earlier.System}
}

// ReadCPU sums the processor time of several processes, with all their threads, the ended ones included.
// Processes that are gone count nothing. Resolution is 10 ms for each process and part.
func ReadCPU(pids ...int) CPU {
	var sum CPU
	for _, pid := range pids {
		if s, err := ReadStat(pid); err == nil {
			sum.User += s.User
			sum.System += s.System
		}
	}
	return sum
}

// Kill sends a signal to one process by its id. That of none, 0, would mean all processes of our group; see kill(2).
func Kill(pid int, sig syscall.Signal) error {
	if pid <= 0 {
		return syscall.ESRCH
	}
	return syscall.Kill(pid, sig)
}
