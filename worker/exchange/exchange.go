// Package exchange is what every exchange has, whatever its protocol: one request and its response, or bytes that are relayed both ways. It
// has a client, a server that is chosen and reached, two flows between them, counters and a log line.
//
//	exchange    what a session runs
//	connect     the way to the server, again if need be
//	stream      the exchange as far as no protocol matters
//	counters    what is counted
//	record      the line of the access log
//	plain       what of it would go along into another process
//	worker      what exchanges have in common: of the worker, of the frontend, of the client connection
package exchange

// Exchange is one request and its response, or one relay. A session runs it, until it ends.
type Exchange interface {
	Step() End          // does everything that can be done without waiting
	Expire() End        // acts on a wait that was too long
	ServerDown() End    // acts on the news that its server has been marked down, where that ends sessions
	Deadline() int64    // when the exchange has waited too long, in ms of the loop
	WantsClient() bool  // bytes that come from the client now are of use
	WantsServer() bool  // likewise
	AwaitsClient() bool // the client must act before the exchange can go on
	Incomplete() bool   // a client that sees only an orderly end now takes a part of the response for the whole
	Base() *Stream
	Close()          // counts and logs the exchange, and gives back all that it holds
	Detach() *Stream // gives the exchange back, but for its stream, which may go on as another exchange
}

// End is what becomes of the client connection when an exchange has come to its end.
type End uint8

const (
	Running   End = iota // the exchange goes on
	Kept                 // the client connection goes on with the next request
	Concluded            // the client has got its last answer, and has said all that it had to say
	Answered             // the client has got its last answer, and may still be sending
	Cut                  // the response stays incomplete, which the client sees by what it has got
	Reset                // connections end by reset, when what was sent before has arrived
	Closed               // the client connection ends at once
	Tunnel               // the bytes that follow pass unread, both ways
)

// StallTime is for how many ms a peer may take nothing when its connection is about to end, if its time-out is not shorter.
const StallTime = 60_000
