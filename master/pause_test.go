package master

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/master/listen"
	"lbmaster/master/notify"
)

// pausedMaster is a master without workers whose listening sockets are shut.
func pausedMaster(t *testing.T, binds ...conf.Bind) *master {
	t.Helper()
	m := &master{sys: new(master).outside(), config: frontendWith(binds...), log: discard, notifier: &notify.Notifier{}}
	var err error
	if m.listeners, err = listen.All(m.config, 2, nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listen.CloseAll(m.listeners) })
	for _, l := range m.listeners {
		l.Shut()
	}
	m.pause.state = shut
	return m
}

func listening(t *testing.T, fd int) bool {
	t.Helper()
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// wantListening compares what the sockets of every TCP address do.
func (m *master) wantListening(t *testing.T, want bool) {
	t.Helper()
	for _, l := range m.listeners {
		for i, fd := range l.FDs {
			if got := listening(t, fd); got != want && !l.Shared() {
				t.Errorf("socket %d of %+v listens: %v, want %v", i, l.Shard, got, want)
			}
		}
	}
}

// TestTakeBackIsAllOrNothing: with one address taken, none listens, and the one that is taken is named.
func TestTakeBackIsAllOrNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		control func(network, address string, c syscall.RawConn) error
	}{
		{"by an ordinary server", nil},
		// One that would share the address with us is no different: it is somebody else.
		{"by one that shares", func(_, _ string, c syscall.RawConn) error {
			var err error
			return errors.Join(c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }), err)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			m := pausedMaster(t, tcpBind("127.53.0.5", 8000), conf.Bind{Network: "unix", Path: path}, tcpBind("127.53.0.5", 8001))
			m.wantListening(t, false)
			lc := net.ListenConfig{Control: tt.control}
			other, err := lc.Listen(context.Background(), "tcp4", "127.53.0.5:8001")
			if err != nil {
				t.Fatalf("another program cannot listen: %v", err)
			}
			defer other.Close()
			err = m.listenAgain()
			if err == nil || !strings.Contains(err.Error(), "cannot listen on 127.53.0.5:8001 for listen.web: address already in use") {
				t.Errorf("taken back: %v", err)
			}
			m.wantListening(t, false)
			other.Close()
			if err := m.listenAgain(); err != nil {
				t.Error(err)
			}
			m.wantListening(t, true)
		})
	}
}

// TestReasonsToPause: the ports come back when nobody wants them released any more.
func TestReasonsToPause(t *testing.T) {
	m := pausedMaster(t, tcpBind("127.53.0.6", 8000))
	m.pause.reasons = byOperator
	m.phase = running
	m.release(byBreaker)
	m.takeBack(byOperator)
	m.wantListening(t, false)
	m.takeBack(byBreaker)
	m.wantListening(t, true)
	if m.pause.state != accepting || m.pause.reasons != 0 {
		t.Errorf("pause %+v", m.pause)
	}
}

// TestPauseConfirmations: an answer to an earlier Pause does not count for a later one.
func TestPauseConfirmations(t *testing.T) {
	var p pause
	c := &child.Child{}
	p.confirmed(c) // nobody has ever been asked
	p.asked = map[*child.Child]int{c: 2}
	p.confirmed(c)
	if p.asked[c] != 1 {
		t.Errorf("%d answers are missing, want 1", p.asked[c])
	}
	p.confirmed(c)
	p.confirmed(c) // to a Pause at the start of the worker
	if len(p.asked) != 0 {
		t.Errorf("asked %v", p.asked)
	}
}
