//go:build linux

package tests

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
	"lbmaster/tools/rig"
)

// fullPipe is the end of a pipe that takes nothing more, because nobody reads.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	if err := fill(w); err != nil {
		t.Fatal(err)
	}
	return w
}

// fill writes until a pipe is full, and leaves it blocking.
func fill(w *os.File) error {
	fd := int(w.Fd()) // blocking from here on
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	for size := 4096; size > 0; {
		if _, err := syscall.Write(fd, make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return syscall.SetNonblock(fd, false)
}

// Nobody reads what lbmaster says, and the pipe is full: it obeys, replaces what dies, renews itself and gives signs of life all the
// same, loses no request, and counts what it could not say.
func TestBlockedStderr(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	pipe, m := fullPipe(t), newManager(t)
	inst := instanceOf(t, launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
		shell := []string{"sh", "-c", `exec "$@" 2>&3 3>&-`, "sh"}
		return rig.StartWith([]*os.File{pipe}, "lbmaster", append(shell, argv...), append(env, "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=200000")...)
	}))
	m.next(false)
	signsOfLife := m.listen()
	h := startHammer(t, s.place.front(), 8, "/")
	h.progress(t, 100)
	counters := inst.counters()
	if !soon(func() bool {
		inst.kill(inst.master, syscall.SIGQUIT)
		return inst.counted(counters, stats.Row{Kind: stats.Worker}, counter.LogsDropped) > 0
	}) {
		t.Error("what is lost is not counted")
	}
	inst.kill(inst.master, syscall.SIGTTOU)
	if !soon(func() bool { return !accepts(s.place.front()) }) {
		t.Error("TTOU has no effect")
	}
	inst.kill(inst.master, syscall.SIGTTIN)
	if !soon(func() bool { return accepts(s.place.front()) }) {
		t.Error("TTIN has no effect")
	}
	h.end()
	h = startHammer(t, s.place.front(), 8, "/") // those before may have been refused
	for range 5 {
		before := inst.master
		inst.kill(before, syscall.SIGUSR2)
		inst.await(func(masters []int) bool { return len(masters) == 1 && masters[0] != before })
		h.progress(t, 50)
	}
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("%d requests failed: %v", len(failed), failed[0])
	}
	h.end()
	for _, pid := range rig.Children(inst.master) {
		if strings.HasPrefix(rig.Cmdline(pid), "lbmaster: worker 0") {
			inst.kill(pid, syscall.SIGKILL)
		}
	}
	if !soon(func() bool { return strings.Contains(tell(t, s.socket, "show info"), "\nWorkerRestarts: 1\n") }) {
		t.Error("a worker that died is not replaced")
	}
	if n := signsOfLife.Load(); !soon(func() bool { return signsOfLife.Load() > n+3 }) {
		t.Error("the service manager gets no sign of life")
	}
	inst.kill(inst.master, syscall.SIGTERM)
	if !soon(func() bool { return len(inst.processes()) == 0 }) {
		t.Error("TERM has no effect")
	}
}
