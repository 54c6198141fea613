package poll_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"lbmaster/worker/poll"
)

// A slot that has a new use gets a new sequence number, so that an event of the use before is told and dropped.
func ExampleToken() {
	p, err := poll.New()
	if err != nil {
		panic(err)
	}
	defer p.Close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		panic(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])

	const client = 1
	seq := uint32(1) // of slot 42
	p.Add(pair[0], poll.Readable, poll.NewToken(client, 42, seq))
	if _, err := unix.Write(pair[1], []byte("x")); err != nil {
		panic(err)
	}
	p.Wait(1000)
	t, ready := p.Event(0)
	fmt.Println(t.Kind() == client, t.Slot(), ready&poll.Readable != 0)
	seq++ // the slot was given back meanwhile
	fmt.Println("stale:", t.Seq() != seq)
	// Output:
	// true 42 true
	// stale: true
}
