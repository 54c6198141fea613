package proxy

import (
	"fmt"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/balance"
)

// backend is what a worker needs of a conf.Backend.
type backend struct {
	name     string
	servers  []*server
	robin    *balance.RoundRobin
	weights  []int32 // of the servers for the balance: 0 while a server takes no new client
	cookie   string  // name of the persistence cookie; "": none
	insert   bool    // the proxy sets the cookie
	indirect bool    // and keeps it from the servers
	connect  int64   // timeouts in ms; never: none
	timeout  int64
	first    int // the first server's place on the board
	seen     uint64
	counters *stats.Counters
}

// newBackend makes the runtime object of c. Its row is followed by those of its servers.
func newBackend(c *conf.Backend, row, first, slot int, st *stats.Stats) (*backend, error) {
	b := &backend{
		name:     c.Name,
		robin:    balance.NewRoundRobin(len(c.Servers), slot),
		weights:  make([]int32, len(c.Servers)),
		connect:  millis(c.Timeout.Connect),
		timeout:  millis(c.Timeout.Server),
		first:    first,
		seen:     ^uint64(0),
		counters: st.Counters(slot, row),
	}
	if c.Cookie != nil && c.Cookie.Mode == conf.CookieInsert {
		b.cookie, b.insert, b.indirect = c.Cookie.Name, true, c.Cookie.Indirect
	}
	for i := range c.Servers {
		s, err := newServer(&c.Servers[i], b)
		if err != nil {
			return nil, fmt.Errorf("server %s of %s: %w", c.Servers[i].Name, c.Section, err)
		}
		s.counters, s.gauges = st.Counters(slot, row+1+i), st.Gauges(slot, row+1+i)
		b.servers = append(b.servers, s)
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
		st := board.Load(b.first + i)
		up := s.reachable && st.Op == status.Up
		s.usable = up && st.Admin != status.Maint
		b.weights[i] = 0
		if up && st.Admin == status.Ready {
			b.weights[i] = int32(st.Weight)
		}
	}
}

// byCookie is the first usable server, in the order of declaration, with this value of the cookie.
func (b *backend) byCookie(value []byte) *server {
	for _, s := range b.servers {
		if s.usable && s.cookie != "" && s.cookie == string(value) {
			return s
		}
	}
	return nil
}

// balanced is the server whose turn it is, nil when none takes requests.
func (b *backend) balanced() *server {
	i := b.robin.Pick(b.weights)
	if i < 0 {
		return nil
	}
	return b.servers[i]
}
