//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// manager plays the service manager for one instance.
type manager struct {
	*net.UnixConn
	t    *testing.T
	path string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &manager{c, t, path}
}

// next is the next datagram; signs of life are left out unless they are wanted.
func (m *manager) next(wantLife bool) string {
	m.t.Helper()
	b := make([]byte, 4096)
	for {
		if err := m.SetReadDeadline(time.Now().Add(settle)); err != nil {
			m.t.Fatal(err)
		}
		n, err := m.Read(b)
		if err != nil {
			m.t.Fatalf("the service manager hears nothing: %v", err)
		}
		if text := string(b[:n]); wantLife == (text == "WATCHDOG=1") {
			return text
		}
	}
}

// listen reads everything that comes from now on, as a service manager does, and counts the signs of life.
func (m *manager) listen() *atomic.Int64 {
	n := new(atomic.Int64)
	_ = m.SetReadDeadline(time.Time{}) // it fails only for one that is closed
	go func() {
		for b := make([]byte, 4096); ; {
			k, err := m.Read(b)
			if err != nil {
				return // the end of the test
			}
			if string(b[:k]) == "WATCHDOG=1" {
				n.Add(1)
			}
		}
	}()
	return n
}

func (m *manager) hears(want string) {
	m.t.Helper()
	if got := m.next(false); got != want {
		m.t.Errorf("the service manager hears %q, want %q", got, want)
	}
}

// A service manager is told everything that happens to an instance, and its children know nothing of it.
func TestServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	m := newManager(t)
	b := launchWith(t, s.place, s.text(), []string{"NOTIFY_SOCKET=" + m.path, "WATCHDOG_USEC=200000"})
	m.hears(fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=serving with 2 workers", b.Pid))
	for range 3 {
		m.next(true)
	}
	for _, pid := range b.workers() {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || strings.Contains(string(environ), "NOTIFY_") || strings.Contains(string(environ), "WATCHDOG_") {
			t.Errorf("the environment of a worker: %q, %v", environ, err)
		}
	}
	b.signal(syscall.SIGTTOU)
	m.hears("STATUS=paused")
	refused := func(status string) {
		t.Helper()
		b.signal(syscall.SIGUSR2)
		if said := m.next(false); !strings.HasPrefix(said, "RELOADING=1\nMONOTONIC_USEC=") || !strings.HasSuffix(said, "\nSTATUS="+status) {
			t.Errorf("the service manager hears %q", said)
		}
		m.hears(fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=%s", b.Pid, status))
	}
	refused("paused")
	b.signal(syscall.SIGTTIN)
	m.hears("STATUS=serving with 2 workers")
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	b.signal(syscall.SIGUSR1)
	m.hears("STATUS=stopping when the last session ends")
	refused("stopping when the last session ends")
	b.signal(syscall.SIGTERM)
	m.hears("STOPPING=1\nSTATUS=stopping")
	b.exits(settle, 0)
}

// It follows an upgrade: the old master names the new one, whose own word may come before that is known.
func TestServiceManagerFollowsUpgrades(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	m := newManager(t)
	inst := instanceOf(t, launchWith(t, s.place, s.text(), []string{"NOTIFY_SOCKET=" + m.path, "WATCHDOG_USEC=200000"}))
	m.next(false)
	for range 3 {
		before := inst.master
		if err := rig.Kill(before, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		heard := []string{m.next(false), m.next(false), m.next(false), m.next(false)}
		inst.await(func(masters []int) bool { return len(masters) == 1 && masters[0] != before })
		ready := fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=serving", inst.master)
		slices.Sort(heard)
		for i, want := range []string{"BARRIER=1", ready + " with 2 workers", ready + ", generation ", "RELOADING=1\nMONOTONIC_USEC="} {
			if !strings.HasPrefix(heard[i], want) {
				t.Errorf("the service manager hears %q, want %q", heard[i], want)
			}
		}
		m.next(true)
	}
	inst.rewrite("nonsense")
	if err := rig.Kill(inst.master, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	m.next(false)
	if said := m.next(false); !strings.HasPrefix(said, fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=upgrade failed: ", inst.master)) || strings.Count(said, "\n") != 2 {
		t.Errorf("the service manager hears %q", said)
	}
	m.next(true)
}

// An instance that does not come up says why.
func TestServiceManagerIsToldOfFailure(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	other, err := net.Listen("tcp", s.place.front())
	if err != nil {
		t.Fatal(err)
	}
	m := newManager(t)
	b := launchWith(t, s.place, s.text(), []string{"NOTIFY_SOCKET=" + m.path})
	if said := m.next(false); !strings.HasPrefix(said, "STOPPING=1\nSTATUS=cannot bind "+s.place.front()) {
		t.Errorf("the service manager hears %q", said)
	}
	b.exits(settle, 1)
	other.Close()
}

// The watchdog is for an instance whose workers answer, not for one that merely has them.
func TestWatchdogNeedsAWorkerThatAnswers(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	m := newManager(t)
	b := launchWith(t, s.place, s.text(), []string{"NOTIFY_SOCKET=" + m.path, "WATCHDOG_USEC=200000"})
	m.next(true)
	pid := b.workers()[0]
	if err := rig.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stopped := time.Now()
	silent := func() bool { // no sign of life for twenty times their distance
		b := make([]byte, 4096)
		_ = m.SetReadDeadline(time.Now().Add(2 * time.Second))
		_, err := m.Read(b)
		return os.IsTimeout(err)
	}
	if !rig.Until(fatal, silent) {
		t.Error("the master says that it is well, though its worker does not answer")
	}
	within(t, stopped, 5*time.Second, fatal)
	replaced(t, b, pid, 1)
	m.next(true)
	b.says("worker is back") // behind the runtime's dump of the one that hung
	b.Stderr.Forget()
}
