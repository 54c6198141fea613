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
			state := status.State{Op: status.Up, Disabled: s.Disabled, Weight: uint16(s.Weight)}
			if s.Disabled {
				state.Admin = status.Maint
			}
			states = append(states, state)
		}
	}
	return names, states
}

// checked says of each slot of the board whether somebody checks its server, or one that it tracks.
func checked(c *conf.Config) []bool {
	var all []bool
	for i := range c.Backends {
		for j := range c.Backends[i].Servers {
			s := &c.Backends[i].Servers[j]
			all = append(all, s.Check || s.Track != "")
		}
	}
	return all
}

// recall takes over the states of servers that were on the board before. One that is not checked any more is up; the
// weight is that of the configuration, and so is maintenance where the configuration says something else of it than before.
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
		if states[i].Disabled == was.Disabled {
			states[i].Admin = was.Wanted()
		}
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
