package master

import (
	"net"
	"strconv"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// rows are the rows of the counters for a configuration: the worker, then the frontends, then each backend followed by
// its servers. Workers count on this order.
func rows(c *conf.Config) []stats.Row {
	all := []stats.Row{{Kind: stats.Worker}}
	for i := range c.Frontends {
		all = append(all, stats.Row{Kind: stats.Frontend, Proxy: c.Frontends[i].Name})
	}
	for i := range c.Backends {
		b := &c.Backends[i]
		all = append(all, stats.Row{Kind: stats.Backend, Proxy: b.Name})
		for j := range b.Servers {
			all = append(all, stats.Row{Kind: stats.Server, Proxy: b.Name, Server: b.Servers[j].Name})
		}
	}
	return all
}

// servers are the slots of the status board for a configuration, and the state that each begins with: up, since nobody
// has checked it yet.
func servers(c *conf.Config) ([]status.Server, []status.State) {
	var names []status.Server
	var states []status.State
	for i := range c.Backends {
		b := &c.Backends[i]
		for j := range b.Servers {
			s := &b.Servers[j]
			names = append(names, status.Server{Proxy: b.Name, Name: s.Name, Address: addressOf(&s.Address)})
			states = append(states, status.State{Op: status.Up, Weight: uint16(s.Weight)})
		}
	}
	return names, states
}

// checked says of each slot of the board whether somebody checks its server.
func checked(c *conf.Config) []bool {
	var all []bool
	for i := range c.Backends {
		for j := range c.Backends[i].Servers {
			all = append(all, c.Backends[i].Servers[j].Check)
		}
	}
	return all
}

// recall takes over the states of servers that were on the board before. One that is not checked any more is up; the
// weight is that of the configuration.
func recall(states []status.State, names []status.Server, checked []bool, before *status.Board) {
	if before == nil {
		return
	}
	places := stats.Places(before.Servers())
	for i, server := range names {
		at, ok := places[server]
		if !ok {
			continue
		}
		was := before.Load(at)
		states[i].Admin = was.Admin
		if checked[i] {
			states[i].Op = was.Op
		}
	}
}

// remember takes over since when the servers that are checked are in their states, and what their last checks told.
func remember(board *status.Board, names []status.Server, checked []bool, before *status.Board) {
	if before == nil {
		return
	}
	places := stats.Places(before.Servers())
	for i, server := range names {
		if at, ok := places[server]; ok && checked[i] {
			board.Store(i, board.Load(i), before.Changed(at))
			board.StoreCheck(i, before.Check(at), before.Checked(at))
		}
	}
}

// addressOf is a server's address as it was written.
func addressOf(a *conf.Address) string {
	if a.Path != "" {
		return "unix:" + a.Path
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}
