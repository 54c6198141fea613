package child

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/tools/understudy"
)

// watched is a child that is being watched until the test says that its process has ended.
type watched struct {
	*Child
	t      *testing.T
	theirs int // the child's end of the channel
	events chan Event
	end    func()
}

func watch(t *testing.T) watched {
	t.Helper()
	c, theirs := correspondents(t)
	gone := make(chan struct{})
	w := watched{Child: c, t: t, theirs: theirs, events: make(chan Event), end: func() { close(gone) }}
	go c.Watch(w.events, func() string { <-gone; return EndedWell })
	t.Cleanup(func() {
		unix.Close(theirs)
		c.channel.Close()
	})
	return w
}

func (w watched) next() Event {
	w.t.Helper()
	select {
	case e := <-w.events:
		return e
	case <-time.After(understudy.Patience):
		w.t.Fatal("nothing is told of the child")
		return Event{}
	}
}

func (w watched) says(kind control.Kind, fds ...int) {
	w.t.Helper()
	if err := control.Send(w.theirs, control.Message{Kind: kind}, fds); err != nil {
		w.t.Fatal(err)
	}
}

func (w watched) wants(kind control.Kind) Event {
	w.t.Helper()
	e := w.next()
	if e.Message == nil || e.Message.Kind != kind {
		w.t.Fatalf("%+v, want %s", e, kind)
	}
	return e
}

func (w watched) wantsEnd() {
	w.t.Helper()
	if e := w.next(); e.Message != nil || e.Ended != EndedWell {
		w.t.Errorf("%+v, want the end", e)
	}
}

// TestEndIsThatOfTheProcess: another process that keeps the channel open does not keep a child alive, and what the child said comes first.
func TestEndIsThatOfTheProcess(t *testing.T) {
	w := watch(t) // the test keeps the channel open
	w.says(control.Ready)
	w.says(control.Bye)
	w.end()
	w.wants(control.Ready)
	w.wants(control.Bye)
	w.wantsEnd()
}

// TestEndOfTheChannelIsNoEnd: a child that has closed its channel lives until its process has ended.
func TestEndOfTheChannelIsNoEnd(t *testing.T) {
	w := watch(t)
	w.says(control.Ready)
	if err := unix.Shutdown(w.theirs, unix.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	w.wants(control.Ready)
	select {
	case e := <-w.events:
		t.Errorf("%+v while the process lives", e)
	case <-time.After(10 * time.Millisecond): // longer finds no more
	}
	w.end()
	w.wantsEnd()
}

// lingering is a socket whose close waits until the peer is closed.
func lingering(t *testing.T) (fd int, release func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.54.0.30:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	file, err := c.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if fd, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = unix.SendmsgN(fd, make([]byte, 1<<16), nil, nil, unix.MSG_DONTWAIT)
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 60}); err != nil {
		t.Fatal(err)
	}
	return fd, func() { peer.Close() }
}

// TestDescriptorsWhoseCloseWaits: a child that has sent one holds up neither who takes its messages nor the news of its end.
func TestDescriptorsWhoseCloseWaits(t *testing.T) {
	for _, kind := range []control.Kind{control.Pong, control.Profile} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := watch(t)
			fd, release := lingering(t)
			defer release()
			w.says(kind, fd)
			unix.Close(fd) // the last one is the master's
			if kind == control.Profile {
				e := w.wants(kind)
				e.Release()
			}
			w.end()
			w.wantsEnd()
		})
	}
}

// TestRefuseFDs: nobody can send descriptors to an end that refuses them.
func TestRefuseFDs(t *testing.T) {
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer control.CloseAll([]int{mine, theirs})
	if err := control.RefuseFDs(mine); err == unix.ENOPROTOOPT {
		t.Skip("Linux 6.16 is needed")
	} else if err != nil {
		t.Fatal(err)
	}
	if err := control.Send(theirs, control.Message{Kind: control.Pong}, []int{0}); err != unix.EPERM {
		t.Errorf("with a descriptor: %v", err)
	}
	for _, send := range []struct {
		fd  int
		fds []int
	}{{theirs, nil}, {mine, []int{0}}} {
		if err := control.Send(send.fd, control.Message{Kind: control.Pong}, send.fds); err != nil {
			t.Error(err)
		}
	}
}
