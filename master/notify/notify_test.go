package notify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"lbmaster/tools/rig"

	"golang.org/x/sys/unix"
)

// manager plays the service manager.
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

// hears compares the next datagram with a pattern, and closes the descriptors that come with it.
func (m *manager) hears(pattern string) {
	m.t.Helper()
	b, oob := make([]byte, 4096), make([]byte, 1024)
	m.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, oobn, _, _, err := m.ReadMsgUnix(b, oob)
	if err != nil {
		m.t.Fatalf("instead of %q: %v", pattern, err)
	}
	if !regexp.MustCompile("^(?:" + pattern + ")$").Match(b[:n]) {
		m.t.Errorf("got %q, want %q", b[:n], pattern)
	}
	messages, _ := unix.ParseSocketControlMessage(oob[:oobn])
	for i := range messages {
		fds, _ := unix.ParseUnixRights(&messages[i])
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
}

// nothing proves that nothing was said.
func (m *manager) nothing() {
	m.t.Helper()
	m.SetReadDeadline(time.Now().Add(time.Millisecond))
	b := make([]byte, 4096)
	if n, _, err := m.ReadFromUnix(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		m.t.Errorf("got %q, %v", b[:n], err)
	}
}

// TestNotifier is every datagram.
func TestNotifier(t *testing.T) {
	manager := newManager(t)
	n, err := New([]string{"A=b", "NOTIFY_SOCKET=" + manager.path}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	n.Ready("serving")
	manager.hears(fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=serving", os.Getpid()))
	n.Say("serving")
	manager.nothing()
	n.Say("paused\nREADY=1\n")
	manager.hears("STATUS=paused; READY=1")
	n.Reloading("upgrading")
	manager.hears(`RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=upgrading`)
	n.HandOver(77, "serving")
	manager.hears("READY=1\nMAINPID=77\nSTATUS=serving")
	n.Stopping("stopping")
	manager.hears("STOPPING=1\nSTATUS=stopping")
	n.Beat(time.Now(), true)
	manager.nothing() // nobody has asked for a watchdog
}

// TestNotifierOfASuccessor: it says nothing before it has taken over, whatever happens to it.
func TestNotifierOfASuccessor(t *testing.T) {
	manager := newManager(t)
	n, err := New([]string{"NOTIFY_SOCKET=" + manager.path, "WATCHDOG_USEC=1000"}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	n.Beat(time.Now(), true)
	n.Stopping("it did not come up")
	manager.nothing()
	n.Ready("serving")
	manager.hears(fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=serving", os.Getpid()))
	n.Stopping("stopping")
	manager.hears("STOPPING=1\nSTATUS=stopping")
}

// TestMonotonicTime: the service manager compares it with its own.
func TestMonotonicTime(t *testing.T) {
	manager := newManager(t)
	n, err := New([]string{"NOTIFY_SOCKET=" + manager.path}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	now := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			t.Fatal(err)
		}
		return ts.Nano() / 1000
	}
	before := now()
	n.Reloading("x")
	b := make([]byte, 4096)
	size, err := manager.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	var usec int64
	if _, err := fmt.Sscanf(string(b[:size]), "RELOADING=1\nMONOTONIC_USEC=%d\n", &usec); err != nil || usec < before || usec > now() {
		t.Errorf("%q, %v: not between %d and %d", b[:size], err, before, now())
	}
}

// TestWatchdog: signs of life come twice within the time, as long as the instance is well.
func TestWatchdog(t *testing.T) {
	manager := newManager(t)
	pid := os.Getpid()
	for _, tt := range []struct {
		name     string
		environ  []string
		replaces bool
		want     time.Duration
	}{
		{"ours", []string{"WATCHDOG_USEC=3000000", fmt.Sprintf("WATCHDOG_PID=%d", pid)}, false, 1500 * time.Millisecond},
		{"without a process id", []string{"WATCHDOG_USEC=3000000"}, false, 1500 * time.Millisecond},
		{"another's", []string{"WATCHDOG_USEC=3000000", "WATCHDOG_PID=1"}, false, 0},
		{"our predecessor's", []string{"WATCHDOG_USEC=3000000", "WATCHDOG_PID=1"}, true, 1500 * time.Millisecond},
		{"none", nil, false, 0},
		{"nonsense", []string{"WATCHDOG_USEC=soon"}, false, 0},
	} {
		n, err := New(append(tt.environ, "NOTIFY_SOCKET="+manager.path), tt.replaces)
		if err != nil {
			t.Fatal(err)
		}
		if n.every != tt.want {
			t.Errorf("%s: every %v, want %v", tt.name, n.every, tt.want)
		}
		if tt.replaces {
			n.Ready("it has taken over")
			manager.hears("READY=1\n.*\n.*")
		}
		n.HandOver(77, "serving")
		sign := map[bool]string{true: "\nWATCHDOG=1"}[tt.want > 0]
		manager.hears("READY=1\nMAINPID=77\nSTATUS=serving" + sign)
		now := time.Now()
		n.Beat(now, true)
		if tt.want > 0 {
			manager.hears("WATCHDOG=1")
		}
		n.Beat(now.Add(tt.want-1), true)
		manager.nothing()
		n.Beat(now.Add(tt.want), false)
		manager.nothing()
		n.Close()
	}
}

// TestSettle waits for the manager to read, but not for ever.
func TestSettle(t *testing.T) {
	manager := newManager(t)
	n, err := New([]string{"NOTIFY_SOCKET=" + manager.path}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	before := rig.CountFDs(os.Getpid())
	if err := n.Settle(time.Now().Add(20 * time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the manager has not read: %v", err)
	}
	manager.hears("BARRIER=1")
	done := make(chan error, 1)
	go func() { done <- n.Settle(time.Now().Add(10 * time.Second)) }()
	manager.hears("BARRIER=1")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestNoManager: without a service manager nothing is said, and one that is gone holds nobody up.
func TestNoManager(t *testing.T) {
	n, err := New([]string{"WATCHDOG_USEC=1000000"}, false)
	if err != nil || n.every != 0 {
		t.Errorf("every %v, %v", n.every, err)
	}
	n.Ready("x")
	if err := n.Settle(time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	n.Close()
	if n, err = New([]string{"NOTIFY_SOCKET=/no/such/socket"}, false); err == nil {
		t.Error("there is nobody, and no error")
	}
	n.Ready("x")
	manager := newManager(t)
	if n, err = New([]string{"NOTIFY_SOCKET=" + manager.path}, false); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	full := false
	for range 100000 {
		n.socket.SetWriteDeadline(time.Now().Add(time.Millisecond))
		if _, err := n.socket.Write([]byte("x")); err != nil {
			full = true
			break
		}
	}
	if !full {
		t.Fatal("the socket takes everything")
	}
	begin := time.Now()
	n.Say("late")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("a manager that does not read held us up for %v", took)
	}
}
