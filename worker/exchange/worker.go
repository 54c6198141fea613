package exchange

import (
	"net/netip"

	"lbmaster/shared/faults"
	"lbmaster/shared/stats"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
	"lbmaster/worker/loop"
	"lbmaster/worker/page"
	"lbmaster/worker/upstream"
)

// Worker is what exchanges need of their worker.
type Worker struct {
	Loop           *loop.Loop
	Pools          *flow.Pools
	Upstream       *upstream.Pool
	Logs           *accesslog.Writer
	Stats          *stats.Stats
	WorkerCounters *stats.Counters // of the worker as a whole
	Faults         *faults.Memory  // nil: nobody wants to know
	streams        loop.FreeList[Stream]
}

// Row is the row of the counters of a worker as a whole.
const Row = 0

// Frontend is what exchanges need of a frontend.
type Frontend struct {
	Name      string
	Number    int // in the configuration
	Row       int // of the counters
	Back      *upstream.Backend
	HTTPClose bool
	NoLinger  bool     // connections to clients end by reset
	Forward   *Forward // servers are told who the client is; nil: they are not
	Pages     *page.Set
	Log       *accesslog.Log // nil: nothing is logged
	MaxHeader int            // bytes that a head may have, of a request or a response
	Client    int64          // timeouts in ms; loop.Never: none
	Request   int64
	KeepAlive int64
	ClientFin int64 // of what is relayed, when only the client has not ended
	Counters  *stats.Counters
}

// Forward is how servers are told the addresses of clients, in a field of the request.
type Forward struct {
	Name     []byte         // of the field
	Except   []netip.Prefix // clients that are not told of
	Replaces bool           // the field stands instead of those of this name that the client has sent
	Keeps    bool           // there is none when the client has sent one
}

// Excepts says that the client is not to be told of.
func (w *Forward) Excepts(client netip.Addr) bool {
	for _, net := range w.Except {
		if net.Contains(client) {
			return true
		}
	}
	return false
}

// Client is a client connection as its exchanges see it.
type Client struct {
	flow.Conn
	Front   *Frontend
	Peer    netip.AddrPort // the client's; not valid on a unix socket
	Own     upstream.Owner // servers that know the client by its connections
	Fresh   bool           // no request has been served yet
	Session Session
}

// Session is the life of a client connection, which runs its exchanges.
type Session interface {
	upstream.User
	Enqueue()    // gives it another turn
	Stays() Stay // what becomes of the connection after the request that runs
}

// Stay is where a client connection is after its request.
type Stay uint8

const (
	Here      Stay = iota
	Successor      // in the next generation, which gets no connections to servers
	Nowhere
)

// Shrink lets go of streams that have not been needed since it was called last.
func (w *Worker) Shrink() { w.streams.Shrink() }

// Streams is the number of streams in use and of those that are kept for later.
func (w *Worker) Streams() (used, idle int) { return w.streams.Taken(), w.streams.Idle() }
