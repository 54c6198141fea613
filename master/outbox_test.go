package master

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/tools/rig"
	"lbmaster/tools/understudy"
)

// correspondents are a child as the master has it, and the child's end of its channel.
func correspondents(t *testing.T) (*child, int) {
	t.Helper()
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := control.NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	return &child{kernel: &realKernel, pidfd: -1, controlFD: mine, conn: conn}, theirs
}

// TestWatchEndures: nothing that a child says ends the listening to it, and none of its descriptors is kept.
func TestWatchEndures(t *testing.T) {
	c, theirs := correspondents(t)
	defer c.conn.Close()
	before := rig.CountFDs(os.Getpid())
	events := make(chan childEvent)
	go c.watch(events, func() string { return endedWell })
	troubles := 0
	next := func() childEvent {
		for {
			select {
			case e := <-events:
				control.CloseAll(e.fds)
				if e.trouble == "" {
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
		for e := next(); e.message == nil || e.message.Kind != control.Pong; e = next() {
			if e.message == nil {
				t.Fatalf("after %.40q the child counts as ended: %s", b, e.ended)
			}
		}
	}
	if troubles != 1 {
		t.Errorf("trouble was reported %d times", troubles)
	}
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	unix.Close(theirs)
	if e := next(); e.ended != endedWell {
		t.Errorf("at the end: %+v", e)
	}
}

// TestOutbox: a child that is behind gets everything later and in order, and nobody waits for it.
func TestOutbox(t *testing.T) {
	c, theirs := correspondents(t)
	defer c.conn.Close()
	defer unix.Close(theirs)
	before := rig.CountFDs(os.Getpid())
	n := 0
	for ; len(c.outbox) < 10; n++ {
		c.say(control.Message{Kind: control.Return, Slot: n}, []int{0})
	}
	c.say(control.Message{Kind: control.Ping}, nil)
	if len(c.outbox) != 10 {
		t.Errorf("%d messages wait, want 10 and no Ping", len(c.outbox))
	}
	for i := range n {
		m, fds, err := control.Recv(theirs)
		if err != nil || m.Slot != i || len(fds) != 1 {
			t.Fatalf("message %d: %+v with %d descriptors, %v", i, m, len(fds), err)
		}
		control.CloseAll(fds)
		c.flush(time.Now())
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
	defer c.conn.Close()
	defer unix.Close(theirs)
	for len(c.outbox) == 0 {
		c.say(control.Message{Kind: control.Activate}, nil)
	}
	if c.flush(time.Now()); c.reason != "" {
		t.Fatalf("given up at once: %s", c.reason)
	}
	if c.flush(time.Now().Add(hangTime)); c.reason == "" || len(c.outbox) > 0 {
		t.Errorf("reason %q, %d messages wait", c.reason, len(c.outbox))
	}
}

// TestOutboxOfBeginning: a child that cannot be sent all that it begins with is ended; one that misses an order of later goes on.
func TestOutboxOfBeginning(t *testing.T) {
	for _, behind := range []bool{false, true} {
		for kind, ends := range map[control.Kind]bool{control.Start: true, control.Listeners: true, control.Lend: false} {
			c, theirs := correspondents(t)
			c.log = discard
			for behind && len(c.outbox) == 0 {
				c.say(control.Message{Kind: control.Activate}, nil)
			}
			c.say(control.Message{Kind: kind}, []int{1 << 20}) // no descriptor
			if c.flush(time.Now()); (c.reason != "") != ends || ends && len(c.outbox) > 0 {
				t.Errorf("%s, behind %v: reason %q, %d messages wait", kind, behind, c.reason, len(c.outbox))
			}
			c.dropPending()
			unix.Close(theirs)
			c.conn.Close()
		}
	}
}

// TestDrainOfManyPorts: the order to drain arrives whatever the number of addresses is.
func TestDrainOfManyPorts(t *testing.T) {
	old, theirs := correspondents(t)
	successor, ofSuccessor := correspondents(t)
	defer old.conn.Close()
	defer successor.conn.Close()
	defer unix.Close(theirs)
	defer unix.Close(ofSuccessor)
	m := &master{sys: new(master).outside(), log: discard, slots: []*slot{{state: active, child: successor}}, config: &conf.Config{}}
	const ports = 30000
	g := &generation{program: "another", keys: [][]string{make([]string, ports)}, children: map[int]*child{0: old}}
	before := rig.CountFDs(os.Getpid())
	m.drain(g)
	order, fds, err := control.Recv(theirs)
	if err != nil || order.Kind != control.Drain || len(fds) != 2 {
		t.Fatalf("the worker hears %s with %d descriptors, %v", order.Kind, len(fds), err)
	}
	if err := order.Unpack(fds); err != nil || len(order.Places) != 1 || len(order.Places[0]) != ports {
		t.Errorf("%d frontends have places, %v", len(order.Places), err)
	}
	unix.Close(fds[0])
	_, fds, err = control.Recv(ofSuccessor)
	if err != nil || len(fds) != 1 {
		t.Errorf("the successor gets %d descriptors, %v", len(fds), err)
	}
	control.CloseAll(fds)
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}
