package monitor

import (
	"testing"

	"lbmaster/shared/control"
	"lbmaster/tools/understudy"
)

// TestNonsense: the monitor listens to its master whatever comes, and keeps no descriptor of it.
func TestNonsense(t *testing.T) {
	i := newInstance(t, testConfig("127.62.2.9"), 1)
	c := understudy.Start(t)
	c.WantSaid(control.Hello)
	c.SayBytes([]byte("{"))
	c.Say(control.Message{Kind: control.Start, Workers: 1}, i.fds()...)
	c.Say(control.Message{Kind: control.Listeners, Last: true})
	c.WantSaid(control.Ready)
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	before := c.Files()
	for i, b := range understudy.Nonsense(3, 300) {
		c.SayBytes(b, make([]int, i%4)...)
	}
	c.Say(control.Message{Kind: control.Faults, Generation: -5, Slot: -7}, i.config, i.board.FD(), i.wake)
	c.Say(control.Message{Kind: control.Faults})
	c.Say(control.Message{Kind: control.GenerationEnded, Generation: 99})
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	if after := c.Files(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	c.Say(control.Message{Kind: control.Stop})
	c.WantSaid(control.Bye)
	c.WantEnd(0)
}
