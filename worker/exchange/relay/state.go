package relay

import (
	"fmt"

	"lbmaster/worker/exchange"
)

// state is where a relay is in its life.
//
//	[ connecting ] --> [ relaying ] --> [ over ]
//	    |    ^  |                          ^
//	    v    |  +-- no server, time -------+
//	  [ pausing ] -- client gone ----------+
//
// A tunnel begins as relaying.
type state uint8

const (
	connecting state = iota // the server is being reached
	pausing                 // waits before it tries the server again, which could not be reached
	relaying                // bytes pass both ways
	over                    // end says what follows
)

// edges lists the states that may follow each state.
var edges = [...]uint8{
	connecting: 1<<relaying | 1<<pausing | 1<<over,
	pausing:    1<<connecting | 1<<over,
	relaying:   1 << over,
	over:       0,
}

func (s state) String() string {
	return [...]string{"connecting", "pausing", "relaying", "over"}[s]
}

// become changes the state.
func (r *Relay) become(next state) {
	if edges[r.state]&(1<<next) == 0 {
		panic(fmt.Sprintf("a relay cannot become %v when it is %v", next, r.state))
	}
	r.state = next
	r.Touch()
}

// finish ends the relay.
func (r *Relay) finish(end exchange.End) {
	r.become(over)
	r.end = end
}
