package worker

import (
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/shm"
	"lbmaster/tools/understudy"
)

// ready starts a worker that serves.
func ready(t *testing.T, address string) *understudy.Child {
	t.Helper()
	i := newInstance(t, address)
	_, shard := listenOn(t, address+":8000")
	c := understudy.Start(t)
	c.WantSaid(control.Hello)
	c.Say(control.Message{Kind: control.Start}, i.fds()...)
	c.Say(control.Message{Kind: control.Listeners, Shards: []control.Shard{{}}, Last: true}, shard)
	c.WantSaid(control.Ready)
	c.Say(control.Message{Kind: control.Activate})
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	return c
}

// settledFiles is the number of descriptors of a worker that has done all that it was told. While a worker receives, the descriptors that it
// has set aside are free, and it may lose the processor then: the greatest number of several rounds counts.
func settledFiles(c *understudy.Child) int {
	n := 0
	for range 20 {
		c.Say(control.Message{Kind: control.Ping})
		c.Until(control.Pong)
		for range 10 {
			n = max(n, c.Files())
		}
	}
	return n
}

// TestNonsense: a worker listens to its master whatever comes, keeps no descriptor of what it does not understand, and does not
// report each piece of it.
func TestNonsense(t *testing.T) {
	c := ready(t, "127.54.0.10")
	before := settledFiles(c)
	for i, b := range understudy.Nonsense(1, 600) {
		c.SayBytes(b, make([]int, i%4)...)
		if i%50 == 49 {
			c.Say(control.Message{Kind: control.Ping})
			c.Until(control.Pong)
		}
	}
	for slot := -4; slot < 5; slot++ {
		c.Say(control.Message{Kind: control.Return, Slot: slot})
	}
	for _, kind := range []control.Kind{control.PeerGeneration, control.Predecessor, control.Lend, control.Start, control.Listeners, control.Child, control.Hello} {
		c.Say(control.Message{Kind: kind, Slot: 7, Generation: 7, Shards: []control.Shard{{Frontend: -1}, {Bind: 9}}}, 0, 0)
	}
	c.Say(control.Message{Kind: control.Return, Slot: 7})
	c.Say(control.Message{Kind: control.Ping})
	c.Until(control.Pong)
	if after := settledFiles(c); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	for range 100 {
		c.SayBytes([]byte("{"))
	}
	c.Say(control.Message{Kind: control.Ping})
	if n := c.Until(control.Pong); n > 1 {
		t.Errorf("%d reports of 100 pieces of nonsense", n)
	}
	c.Say(control.Message{Kind: control.Stop})
	c.Until(control.Bye)
}

// TestAskedAgain: shards that do not fit are asked for until they do, and the next orders are obeyed meanwhile.
func TestAskedAgain(t *testing.T) {
	c := ready(t, "127.54.0.11")
	var was unix.Rlimit
	limit := unix.Rlimit{Cur: 3} // not even what was set aside is free
	if err := unix.Prlimit(c.Process.Pid, unix.RLIMIT_NOFILE, nil, &was); err != nil {
		t.Fatal(err)
	}
	limit.Max = was.Max
	if err := unix.Prlimit(c.Process.Pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	_, shard := listenOn(t, "127.54.0.11:8002")
	lend := control.Message{Kind: control.Lend, Slot: 1, Shards: []control.Shard{{}}}
	c.Say(lend, shard)
	c.Say(control.Message{Kind: control.Ping})
	c.Until(control.Pong)
	if err := unix.Prlimit(c.Process.Pid, unix.RLIMIT_NOFILE, &was, nil); err != nil {
		t.Fatal(err)
	}
	asked := control.Message{}
	for asked.Kind != control.Again {
		asked = c.Next()
	}
	if asked.Asked != control.Lend || asked.Slot != 1 || len(asked.Shards) != 1 {
		t.Errorf("asked for %+v", asked)
	}
	c.Say(lend, shard)
	c.Say(control.Message{Kind: control.Ping})
	c.WantSaid(control.Pong)
	c.Say(control.Message{Kind: control.Stop})
	c.Until(control.Bye)
}

// TestDrainThatIsLarge: places that are in a file mean the same as those in the message, and the file is closed. Nonsense there
// costs the hand-over, not the drain.
func TestDrainThatIsLarge(t *testing.T) {
	for i, content := range []string{`{"Heirs":[[0]]}`, "{"} {
		c := ready(t, []string{"127.54.0.13", "127.54.0.14"}[i])
		mine, theirs, err := control.Pair()
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(mine)
		file, err := shm.Seal("places", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		c.Say(control.Message{Kind: control.Drain}, theirs, file)
		unix.Close(theirs)
		unix.Close(file)
		c.Until(control.Bye)
		c.WantEnd(0)
	}
}
