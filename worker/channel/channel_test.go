package channel

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

// child is a channel with a master that a test plays, and a loop that does what After says when the test says so.
type child struct {
	*Channel
	t       *testing.T
	master  int
	later   []func()
	reports []string
}

func newChild(t *testing.T) *child {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, master: pair[1]}
	c.Channel = New(pair[0], func(text string) { c.reports = append(c.reports, text) })
	t.Cleanup(func() { control.CloseAll(pair[:1]) })
	t.Cleanup(func() {
		if c.master >= 0 {
			unix.Close(c.master)
		}
	})
	return c
}

// loops lets the child have a loop.
func (c *child) loops() { c.After = func(_ time.Duration, f func()) { c.later = append(c.later, f) } }

// fill sends until the master is behind, and returns how many messages it takes.
func (c *child) fill() int {
	c.t.Helper()
	for n := range 100_000 {
		if err := control.Send(c.FD(), control.Message{Kind: control.Pong}, nil); control.Behind(err) {
			return n
		} else if err != nil {
			c.t.Fatal(err)
		}
	}
	c.t.Fatal("the channel takes everything")
	return 0
}

// heard are the kinds that the master has got.
func (c *child) heard() (all []string) {
	c.t.Helper()
	for {
		m, _, err := control.Recv(c.master)
		if err != nil {
			return all
		}
		all = append(all, string(m.Kind))
	}
}

// TestBehind: what a master that is behind does not take comes later, in order, and nobody waits for that.
func TestBehind(t *testing.T) {
	c := newChild(t)
	c.loops()
	n := c.fill()
	c.Ready()
	c.Say(control.Message{Kind: control.Paused})
	if len(c.later) != 1 || len(c.Pending()) != 2 {
		t.Fatalf("%d calls, %d messages for later", len(c.later), len(c.Pending()))
	}
	if got := c.heard(); len(got) != n {
		t.Errorf("the master heard %d messages, want %d", len(got), n)
	}
	c.later[0]()
	if got := c.heard(); strings.Join(got, " ") != "ready paused" {
		t.Errorf("then it heard %v", got)
	}
	c.Say(control.Message{Kind: control.Pong})
	if got := c.heard(); len(got) != 1 || len(c.Pending()) != 0 {
		t.Errorf("then it heard %v; %d messages are pending", got, len(c.Pending()))
	}
}

// TestDropped: a master that takes nothing costs messages, and a report, not memory.
func TestDropped(t *testing.T) {
	c := newChild(t)
	c.loops()
	c.fill()
	for range 10 * maxPending {
		c.Say(control.Message{Kind: control.Pong})
	}
	if n := len(c.Pending()); n != maxPending || len(c.reports) != 1 {
		t.Errorf("%d messages are pending; reports: %q", n, c.reports)
	}
}

// TestAlone: nothing is said to nobody.
func TestAlone(t *testing.T) {
	c := newChild(t)
	c.loops()
	unix.Close(c.master)
	c.master = -1
	c.Say(control.Message{Kind: control.Pong})
	if len(c.reports) != 0 || len(c.Pending()) != 0 {
		t.Errorf("%d messages are pending; reports: %q", len(c.Pending()), c.reports)
	}
	c.Lose()
	c.Say(control.Message{Kind: control.Pong})
	if !c.Alone() || len(c.Pending()) != 0 {
		t.Error("something is said to a master that is gone")
	}
	if err := c.Last(control.Message{Kind: control.Bye}); err != nil {
		t.Errorf("the last message: %v", err)
	}
}

// TestExpect: another message than the one that is due is an error that names both, nonsense is passed over, and silence has an end.
func TestExpect(t *testing.T) {
	c := newChild(t)
	soon := time.Now().Add(50 * time.Millisecond)
	if err := unix.Send(c.master, []byte("nonsense"), 0); err != nil {
		t.Fatal(err)
	}
	if err := control.Send(c.master, control.Message{Kind: control.Activate}, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Expect(control.Start, soon); err == nil || err.Error() != "the master said activate instead of start" {
		t.Errorf("%v", err)
	}
	if len(c.reports) != 1 {
		t.Errorf("reports: %q", c.reports)
	}
	if _, _, err := c.Expect(control.Start, soon); err == nil || err.Error() != "the master says nothing" {
		t.Errorf("%v", err)
	}
}

// TestLast: the last message comes behind those that are pending, and a master that takes nothing does not hold the child.
func TestLast(t *testing.T) {
	c := newChild(t)
	c.loops()
	c.fill()
	c.Say(control.Message{Kind: control.Paused})
	begin := time.Now()
	if err := c.Last(control.Message{Kind: control.Bye}); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("%v", err)
	}
	if d := time.Since(begin); d < lastTime || d > 10*lastTime {
		t.Errorf("it took %v", d)
	}
	c.heard()
	if err := c.Last(control.Message{Kind: control.Bye}); err != nil {
		t.Error(err)
	}
	if got := c.heard(); strings.Join(got, " ") != "paused bye" {
		t.Errorf("the master heard %v", got)
	}
}
