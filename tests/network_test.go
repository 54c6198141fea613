//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// network is another network namespace as seen from here. A socket belongs for ever to the namespace of the thread that has
// made it, whoever uses it: so one thread lives there, and makes them all.
type network struct{ calls chan func() }

// enterNetwork returns the namespace of a process. It is left at the end of the test.
func enterNetwork(t *testing.T, pid int) *network {
	t.Helper()
	n := &network{calls: make(chan func())}
	entered := make(chan error)
	go n.live(fmt.Sprintf("/proc/%d/ns/net", pid), entered)
	if err := <-entered; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(n.calls) })
	return n
}

// live does in the namespace what is called for, and returns to our own. The thread must not end: what it has started for
// other tests before would be killed (PR_SET_PDEATHSIG, prctl(2)).
func (n *network) live(namespace string, entered chan<- error) {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err == nil {
		defer home.Close()
		err = enter(namespace)
	}
	entered <- err
	for f := range n.calls {
		f()
	}
	if err == nil && unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	}
}

func enter(namespace string) error {
	f, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer f.Close()
	return os.NewSyscallError("setns", unix.Setns(int(f.Fd()), unix.CLONE_NEWNET))
}

// dial is net.DialTimeout there. One call waits for another, which does not matter on a loopback.
func (n *network) dial(kind, addr string, limit time.Duration) (c net.Conn, err error) {
	done := make(chan struct{})
	n.calls <- func() {
		defer close(done)
		c, err = net.DialTimeout(kind, addr, limit)
	}
	<-done
	return c, err
}

// listen is net.Listen there.
func (n *network) listen(t *testing.T, kind, addr string) net.Listener {
	t.Helper()
	var l net.Listener
	var err error
	done := make(chan struct{})
	n.calls <- func() {
		defer close(done)
		l, err = net.Listen(kind, addr)
	}
	<-done
	if err != nil {
		t.Fatal(err)
	}
	return l
}
