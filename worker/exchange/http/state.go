package http

import (
	"fmt"

	"lbmaster/worker/exchange"
)

// state is where an exchange is in its life.
//
//	        first byte
//	             |
//	             v
//	       [ reading ] ------- bad, late, no server ---------+
//	             | head complete                             |
//	             v                                           |
//	+----> [ linking ] -- no server can be reached --------> |
//	|            | connection       ^                        |
//	|            v                  | lost, another          |
//	|     [ requesting ] -----------+                        |
//	|         | |  |                                         |
//	| refused | |  +-- no valid response, late ------------> |
//	|         v |                                            v
//	+-- [ pausing ]  | head of the response         [ parting ] own answer
//	                 v                                       |
//	          [ answering ]                                  |
//	                 |                                       |
//	                 v                                       |
//	             [ over ] <----- everybody may leave --------+
//
// From linking, requesting and pausing it is parting too when the client has left (abortonclose).
type state uint8

const (
	reading    state = iota // part of a request's head has arrived
	linking                 // the server is chosen, and there is no connection to it
	requesting              // there is a connection, and the response has not begun
	answering               // the head of the final response is on its way to the client
	pausing                 // waits before it tries the server again, which could not be reached
	parting                 // sends an answer of the proxy's own, the last one
	over                    // end says what follows
)

// edges lists the states that may follow each state.
var edges = [...]uint8{
	reading:    1<<linking | 1<<parting | 1<<over,
	linking:    1<<requesting | 1<<pausing | 1<<parting | 1<<over,
	requesting: 1<<linking | 1<<answering | 1<<pausing | 1<<parting | 1<<over,
	answering:  1 << over,
	pausing:    1<<linking | 1<<parting | 1<<over,
	parting:    1 << over,
	over:       0,
}

func (s state) String() string {
	return [...]string{"reading", "linking", "requesting", "answering", "pausing", "parting", "over"}[s]
}

// become changes the state.
func (x *Exchange) become(next state) {
	if edges[x.state]&(1<<next) == 0 {
		panic(fmt.Sprintf("an HTTP exchange cannot become %v when it is %v", next, x.state))
	}
	x.state = next
	x.Touch()
}

// finish ends the exchange.
func (x *Exchange) finish(end exchange.End) {
	x.become(over)
	x.end = end
}

// serving says that a server is at work, or about to be.
func (x *Exchange) serving() bool {
	return x.state == linking || x.state == requesting || x.state == answering
}

// delivery is how far the request has got to the server.
//
//	[ underway ] --> [ delivered ] --+
//	   ^    |                        |
//	   |    +------> [ refused ] ----+
//	   |                             |
//	   +---- another connection -----+
type delivery uint8

const (
	underway  delivery = iota // something of it is still to be sent
	delivered                 // all of it has been sent
	refused                   // the server takes no more of it
)

// deliver notes how far the request has got. What is sent on another connection begins anew.
func (x *Exchange) deliver(d delivery) {
	if d != underway && x.delivery != underway {
		panic("a request is delivered or refused once")
	}
	x.delivery = d
}

// connected says that the server has taken something on this connection.
func (x *Exchange) connected() bool {
	return x.Link != nil && (x.Link.Reused || x.Up.Sent > 0 || x.Up.Past > 0 || x.Up.Out == nil)
}
