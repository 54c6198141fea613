package upstream

import (
	"fmt"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/balance"
	"lbmaster/worker/loop"
	"lbmaster/worker/page"
	"lbmaster/worker/sock"
)

// Backend is what a worker needs of a conf.Backend.
type Backend struct {
	Name         string
	Servers      []*Server
	Dispatch     *Server // takes everything, instead of balance and servers; nil: none
	robin        *balance.RoundRobin
	weights      []int32 // of the servers for the balance: 0 while a server takes no new client
	Cookie       conf.Cookie
	cookies      map[string][]*Server // who has which value, in order of declaration
	HTTPClose    bool
	ForwardFor   bool
	Forward      conf.Forward
	persist      bool // a cookie may choose a server that is down
	keepAlive    bool // the kernel looks whether silent servers are there
	NoLinger     bool // connections end by reset
	AbortOnClose bool // a request is given up when its client ends before the response begins
	Redispatch   bool // the last try may go to another server
	Tolerant     bool // responses that break rules are taken when they can be read in one way only
	allBackups   bool // backup servers are balanced, instead of the first one taking everything
	Retries      int
	Connect      int64 // timeouts in ms; loop.Never: none
	Timeout      int64
	ServerFin    int64 // of what is relayed, when only the server has not ended
	Tunnel       int64 // of what is relayed; loop.Never: the shorter one of client and server
	Pages        *page.Set
	board        *status.Board
	first        int // the first server's place on the board
	seen         uint64
	Row          int // of the counters; those of the servers follow
	Place        int // of its fault
	Counters     *stats.Counters
	Gauges       *stats.Gauges
}

// NewBackend makes the runtime object of c.
func NewBackend(c *conf.Backend, row, first, slot int, st *stats.Stats, board *status.Board) (*Backend, error) {
	b := &Backend{
		Name:         c.Name,
		robin:        balance.NewRoundRobin(len(c.Servers), slot),
		weights:      make([]int32, len(c.Servers)),
		cookies:      make(map[string][]*Server),
		HTTPClose:    c.HTTPClose,
		ForwardFor:   c.ForwardFor,
		Forward:      c.Forward,
		persist:      c.Persist,
		keepAlive:    c.KeepAlive,
		NoLinger:     c.NoLinger,
		AbortOnClose: c.AbortOnClose,
		Redispatch:   c.Redispatch,
		Tolerant:     c.AcceptInvalidResponses,
		allBackups:   c.AllBackups,
		Retries:      c.Retries,
		Connect:      loop.Millis(c.Timeout.Connect),
		Timeout:      loop.Millis(c.Timeout.Server),
		ServerFin:    loop.Millis(c.Timeout.ServerFin),
		Tunnel:       loop.Millis(c.Timeout.Tunnel),
		Pages:        page.New(c.Errorfile),
		first:        first,
		board:        board,
		seen:         ^uint64(0),
		Row:          row,
		Counters:     st.Counters(slot, row),
		Gauges:       st.Gauges(slot, row),
	}
	if c.Cookie != nil {
		b.Cookie = *c.Cookie
	}
	if c.Dispatch != nil {
		var err error
		if b.Dispatch, err = newDispatch(c, b); err != nil {
			return nil, err
		}
	}
	for i := range c.Servers {
		s, err := newServer(&c.Servers[i], c.Source, b)
		if err != nil {
			return nil, fmt.Errorf("server %s of %s: %w", c.Servers[i].Name, c.Section, err)
		}
		s.Row = row + 1 + i
		s.Counters, s.Gauges = st.Counters(slot, s.Row), st.Gauges(slot, s.Row)
		b.Servers = append(b.Servers, s)
		if s.Cookie != "" {
			b.cookies[s.Cookie] = append(b.cookies[s.Cookie], s)
		}
	}
	return b, nil
}

// Refresh takes over the servers' states if the board has changed since the last time.
func (b *Backend) Refresh() {
	board := b.board
	v := board.Version()
	if v == b.seen {
		return
	}
	b.seen = v
	for i, s := range b.Servers {
		if at := board.Address(b.first + i); at.IsValid() && at != s.moved {
			s.moved, s.address = at, sock.TCP(at)
			s.moves++
		}
		st := board.Load(b.first + i)
		s.Up = st.Serves()
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
func (b *Backend) holdBackups() {
	idle, chosen := false, false
	for i, s := range b.Servers {
		idle = idle || !s.backup && b.weights[i] > 0
	}
	for i, s := range b.Servers {
		switch {
		case !s.backup || b.weights[i] == 0:
		case idle || chosen && !b.allBackups:
			b.weights[i] = 0
		default:
			chosen = true
		}
	}
}

// ByCookie is the server that a cookie's value names: the first that is up, in the order of declaration, backups among
// them; with persist the first of all. Without one, down says that at least a server of this name exists.
func (b *Backend) ByCookie(value []byte) (found *Server, down bool) {
	for _, s := range b.cookies[string(value)] {
		if s.Up || s.insist {
			return s, !s.Up
		}
		down = true
	}
	return nil, down
}

// Balanced is the server whose turn it is, nil when none takes requests.
func (b *Backend) Balanced() *Server {
	if b.Dispatch != nil {
		return b.Dispatch
	}
	return b.pick(balance.None)
}

func (b *Backend) pick(avoid int) *Server {
	i := b.robin.Pick(avoid)
	if i == balance.None {
		return nil
	}
	return b.Servers[i]
}

// Another is the server whose turn it is when avoid has failed; nil when there is no other.
func (b *Backend) Another(avoid *Server) *Server {
	if avoid == b.Dispatch {
		return nil
	}
	return b.pick(avoid.Row - b.Row - 1)
}
