package proxy

import "fmt"

// state is where a session is in its life.
//
//	           accepted
//	              |
//	+-------> [ idle ] ---------------------- end, time --+
//	|             | first byte                            |
//	|             v                                       |
//	|        [ reading ] -- bad or late --+               |
//	|             | head complete         |               |
//	|             v                       v               |
//	+-- kept [ serving ] -- no answer --> [ parting ]     |
//	              | | |^                  |       |       |
//	              | | |+-- [ pausing ]    |       |       |
//	              | | +-----^             |       |       |
//	              | |  |                  |       |       |
//	    101, 2xx  | |  +-- last answer ---+--+    |       |
//	  to CONNECT  | |                        v    |       |
//	              v +--- cut ---+     [ lingering ]       |
//	       [ relaying ]         v            |            |
//	              | |     [ flushing ]       |            |
//	              | +- cut -^   |            |            |
//	              |             v            v            |
//	              +---------> [ closed ] <----------------+
//
// In mode tcp:
//
//	[ idle ] --> [ connecting ] --> [ relaying ] --> [ closed ]
//	                |    ^  |                            ^
//	                v    |  +-- no server, time ---------+
//	              [ pausing ]
type state uint8

const (
	closed     state = iota
	idle             // waits for the first byte of a request, without a buffer
	reading          // part of a request's head has arrived
	serving          // a stream is at work
	pausing          // waits before it tries the server again, which could not be reached
	connecting       // the server of a connection in mode tcp is being reached
	relaying         // bytes pass both ways, unread
	flushing         // ends by reset, when what was sent before has arrived
	parting          // sends an answer of the proxy's own, the last one
	lingering        // has ended its side and discards what the client still sends, so that no reset overtakes the answer
)

// edges lists the states that may follow each state.
var edges = [...]uint16{
	closed:     1 << idle,
	idle:       1<<reading | 1<<connecting | 1<<lingering | 1<<closed,
	reading:    1<<serving | 1<<parting | 1<<closed,
	serving:    1<<idle | 1<<pausing | 1<<relaying | 1<<flushing | 1<<parting | 1<<lingering | 1<<closed,
	pausing:    1<<serving | 1<<connecting | 1<<closed,
	connecting: 1<<relaying | 1<<pausing | 1<<closed,
	relaying:   1<<flushing | 1<<closed,
	flushing:   1 << closed,
	parting:    1<<lingering | 1<<closed,
	lingering:  1 << closed,
}

func (s state) String() string {
	return [...]string{"closed", "idle", "reading", "serving", "pausing", "connecting", "relaying", "flushing", "parting", "lingering"}[s]
}

// become changes the state. Its callers are the become… methods, which do what belongs to the change.
func (s *session) become(next state) {
	if edges[s.state]&(1<<next) == 0 {
		panic(fmt.Sprintf("a session cannot become %v when it is %v", next, s.state))
	}
	s.state = next
	s.since = s.p.loop.Now()
}
