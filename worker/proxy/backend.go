package proxy

import (
	"fmt"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/balance"
	"lbmaster/worker/sock"
)

// backend is what a worker needs of a conf.Backend.
type backend struct {
	name       string
	servers    []*server
	dispatch   *server // takes everything, instead of balance and servers; nil: none
	robin      *balance.RoundRobin
	weights    []int32 // of the servers for the balance: 0 while a server takes no new client
	cookie     conf.Cookie
	cookies    map[string][]*server // who has which value, in order of declaration
	httpClose  bool
	forwardFor bool
	persist    bool // a cookie may choose a server that is down
	redispatch bool // the last try may go to another server
	tolerant   bool // responses that break rules are taken when they can be read in one way only
	allBackups bool // backup servers are balanced, instead of the first one taking everything
	retries    int
	connect    int64 // timeouts in ms; never: none
	timeout    int64
	pages      *pages
	first      int // the first server's place on the board
	seen       uint64
	row        int // of the counters; those of the servers follow
	place      int // of its fault
	counters   *stats.Counters
	gauges     *stats.Gauges
}

// newBackend makes the runtime object of c.
func newBackend(c *conf.Backend, row, first, slot int, st *stats.Stats) (*backend, error) {
	b := &backend{
		name:       c.Name,
		robin:      balance.NewRoundRobin(len(c.Servers), slot),
		weights:    make([]int32, len(c.Servers)),
		cookies:    make(map[string][]*server),
		httpClose:  c.HTTPClose,
		forwardFor: c.ForwardFor,
		persist:    c.Persist,
		redispatch: c.Redispatch,
		tolerant:   c.AcceptInvalidResponses,
		allBackups: c.AllBackups,
		retries:    c.Retries,
		connect:    millis(c.Timeout.Connect),
		timeout:    millis(c.Timeout.Server),
		pages:      newPages(c.Errorfile),
		first:      first,
		seen:       ^uint64(0),
		row:        row,
		counters:   st.Counters(slot, row),
		gauges:     st.Gauges(slot, row),
	}
	if c.Cookie != nil {
		b.cookie = *c.Cookie
	}
	if c.Dispatch != nil {
		var err error
		if b.dispatch, err = newDispatch(c, b); err != nil {
			return nil, err
		}
	}
	for i := range c.Servers {
		s, err := newServer(&c.Servers[i], c.Source, b)
		if err != nil {
			return nil, fmt.Errorf("server %s of %s: %w", c.Servers[i].Name, c.Section, err)
		}
		s.row = row + 1 + i
		s.counters, s.gauges = st.Counters(slot, s.row), st.Gauges(slot, s.row)
		b.servers = append(b.servers, s)
		if s.cookie != "" {
			b.cookies[s.cookie] = append(b.cookies[s.cookie], s)
		}
	}
	return b, nil
}

// refresh takes over the servers' states if the board has changed since the last time.
func (b *backend) refresh(board *status.Board) {
	v := board.Version()
	if v == b.seen {
		return
	}
	b.seen = v
	for i, s := range b.servers {
		if at := board.Address(b.first + i); at.IsValid() && at != s.moved {
			s.moved, s.address = at, sock.TCP(at)
			s.moves++
		}
		st := board.Load(b.first + i)
		s.up = st.Serves()
		s.insist = st.Admin != status.Maint && b.persist
		b.weights[i] = 0
		if st.TakesNew() {
			b.weights[i] = int32(st.Weight)
		}
	}
	b.holdBackups()
	b.robin.Weigh(b.weights)
}

// holdBackups leaves the balance to the servers that are no backups, as long as one of them takes requests; then to the
// first backup that does, or to all (guide section 4.2).
func (b *backend) holdBackups() {
	idle, chosen := false, false
	for i, s := range b.servers {
		idle = idle || !s.backup && b.weights[i] > 0
	}
	for i, s := range b.servers {
		switch {
		case !s.backup || b.weights[i] == 0:
		case idle || chosen && !b.allBackups:
			b.weights[i] = 0
		default:
			chosen = true
		}
	}
}

// byCookie is the server that a cookie's value names: the first that is up, in the order of declaration, backups among
// them; with persist the first of all. Without one, down says that at least a server of this name exists.
func (b *backend) byCookie(value []byte) (found *server, down bool) {
	for _, s := range b.cookies[string(value)] {
		if s.up || s.insist {
			return s, !s.up
		}
		down = true
	}
	return nil, down
}

// balanced is the server whose turn it is, nil when none takes requests.
func (b *backend) balanced() *server {
	if b.dispatch != nil {
		return b.dispatch
	}
	return b.pick(balance.None)
}

func (b *backend) pick(avoid int) *server {
	i := b.robin.Pick(avoid)
	if i == balance.None {
		return nil
	}
	return b.servers[i]
}

// another is the server whose turn it is when avoid has failed; nil when there is no other.
func (b *backend) another(avoid *server) *server {
	if avoid == b.dispatch {
		return nil
	}
	return b.pick(avoid.row - b.row - 1)
}
