package proxy

import "fmt"

// state is where a session is in its life.
//
//	           accepted
//	              |
//	              v
//	+-------> [ idle ] ------------ end, time ----+
//	|             | first byte; at once in mode   |
//	|             v tcp                           |
//	+- kept - [ exchanging ] -- closed ---------> |
//	              |      |                        |
//	  last answer |      | cut, relay over        |
//	              v      v                        |
//	     [ lingering ] [ flushing ]               |
//	              |      |                        v
//	              +------+----------------> [ closed ]
//
// What happens while exchanging, the exchange draws: worker/exchange/http/state.go, worker/exchange/relay/state.go.
type state uint8

const (
	closed     state = iota
	idle             // waits for the first byte of a request, without a buffer
	exchanging       // an exchange is at work
	flushing         // ends by reset, when what was sent before has arrived
	lingering        // has ended its side and discards what the client still sends, so that no reset overtakes the answer
)

// edges lists the states that may follow each state.
var edges = [...]uint8{
	closed:     1 << idle,
	idle:       1<<exchanging | 1<<lingering | 1<<closed,
	exchanging: 1<<idle | 1<<flushing | 1<<lingering | 1<<closed,
	flushing:   1 << closed,
	lingering:  1 << closed,
}

func (s state) String() string {
	return [...]string{"closed", "idle", "exchanging", "flushing", "lingering"}[s]
}

// become changes the state.
func (s *session) become(next state) {
	if edges[s.state]&(1<<next) == 0 {
		panic(fmt.Sprintf("a session cannot become %v when it is %v", next, s.state))
	}
	s.state = next
	s.since = s.p.loop.Now()
}
