package child

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/tools/rig"
	"lbmaster/tools/understudy"
)

// correspondents are a child as the master has it, and the child's end of its channel.
func correspondents(t *testing.T) (*Child, int) {
	t.Helper()
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := control.NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Name{Title: "worker 0"}, conn, &RealKernel, slog.New(slog.DiscardHandler))
	c.ControlFD = mine
	return c, theirs
}

// TestWatchEndures: nothing that a child says ends the listening to it, and none of its descriptors is kept.
func TestWatchEndures(t *testing.T) {
	c, theirs := correspondents(t)
	defer c.channel.Close()
	before := rig.CountFDs(os.Getpid())
	events := make(chan Event)
	gone := make(chan struct{})
	go c.Watch(events, func() string { <-gone; return EndedWell })
	troubles := 0
	next := func() Event {
		for {
			select {
			case e := <-events:
				e.Release()
				if e.Trouble == "" {
					return e
				}
				troubles++
			case <-time.After(understudy.Patience):
				t.Fatal("the master does not listen")
			}
		}
	}
	for i, b := range understudy.Nonsense(2, 60) {
		var oob []byte
		if n := i % 3; n > 0 {
			oob = unix.UnixRights(make([]int, n)...)
		}
		if err := unix.Sendmsg(theirs, b, oob, nil, 0); err != nil {
			t.Fatal(err)
		}
		if err := control.Send(theirs, control.Message{Kind: control.Pong}, nil); err != nil {
			t.Fatal(err)
		}
		for e := next(); e.Message == nil || e.Message.Kind != control.Pong; e = next() {
			if e.Message == nil {
				t.Fatalf("after %.40q the child counts as ended: %s", b, e.Ended)
			}
		}
	}
	if troubles != 1 {
		t.Errorf("trouble was reported %d times", troubles)
	}
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	close(gone)
	unix.Close(theirs)
	if e := next(); e.Ended != EndedWell {
		t.Errorf("at the end: %+v", e)
	}
}

// TestOutbox: a child that is behind gets everything later and in order, and nobody waits for it.
func TestOutbox(t *testing.T) {
	c, theirs := correspondents(t)
	defer c.channel.Close()
	defer unix.Close(theirs)
	before := rig.CountFDs(os.Getpid())
	n := 0
	for ; len(c.outbox) < 10; n++ {
		c.Say(control.Message{Kind: control.Return, Slot: n}, []int{0})
	}
	c.Say(control.Message{Kind: control.Ping}, nil)
	if len(c.outbox) != 10 {
		t.Errorf("%d messages wait, want 10 and no Ping", len(c.outbox))
	}
	for i := range n {
		m, fds, err := control.Recv(theirs)
		if err != nil || m.Slot != i || len(fds) != 1 {
			t.Fatalf("message %d: %+v with %d descriptors, %v", i, m, len(fds), err)
		}
		control.CloseAll(fds)
		c.Flush(time.Now())
	}
	if len(c.outbox) > 0 {
		t.Errorf("%d messages still wait", len(c.outbox))
	}
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestOutboxGivesUp: a child that never takes what waits for it is given up, with all of that.
func TestOutboxGivesUp(t *testing.T) {
	c, theirs := correspondents(t)
	defer c.channel.Close()
	defer unix.Close(theirs)
	for len(c.outbox) == 0 {
		c.Say(control.Message{Kind: control.Activate}, nil)
	}
	if c.Flush(time.Now()); c.Reason != "" {
		t.Fatalf("given up at once: %s", c.Reason)
	}
	if c.Flush(time.Now().Add(HangTime)); c.Reason == "" || len(c.outbox) > 0 {
		t.Errorf("reason %q, %d messages wait", c.Reason, len(c.outbox))
	}
}

// TestOutboxOfBeginning: a child that cannot be sent all that it begins with is ended; one that misses an order of later goes on.
func TestOutboxOfBeginning(t *testing.T) {
	for _, behind := range []bool{false, true} {
		for kind, ends := range map[control.Kind]bool{control.Start: true, control.Listeners: true, control.Lend: false} {
			c, theirs := correspondents(t)
			for behind && len(c.outbox) == 0 {
				c.Say(control.Message{Kind: control.Activate}, nil)
			}
			c.Say(control.Message{Kind: kind}, []int{1 << 20}) // no descriptor
			if c.Flush(time.Now()); (c.Reason != "") != ends || ends && len(c.outbox) > 0 {
				t.Errorf("%s, behind %v: reason %q, %d messages wait", kind, behind, c.Reason, len(c.outbox))
			}
			c.dropPending()
			unix.Close(theirs)
			c.channel.Close()
		}
	}
}
