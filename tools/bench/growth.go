//go:build linux

package main

import (
	"fmt"
	"io"
	"time"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// size is how large something is, and the job that belongs to it.
type size struct {
	job     peer.Setup
	servers int
	idle    int // clients that are there besides
}

// warmth is how long a contender gets to connect to its servers again before a round counts: while the others have their
// turns, idle connections end.
const warmth = time.Second

// playServers compares 1 to 1,000 servers.
func (b *bench) playServers(w work, out io.Writer) error {
	return b.playGrowth(w, out, "servers", []int{1, 10, 100, 1000}, func(n int) size { return size{w.job, n, 0} })
}

// playFrontends compares 1 to 1,000 frontends.
func (b *bench) playFrontends(w work, out io.Writer) error {
	return b.playGrowth(w, out, "frontends", []int{1, 10, 100, 1000}, func(n int) size {
		w.job.Frontends = n - 1
		return size{w.job, fourServers, 0}
	})
}

// playClients compares 64 clients by themselves and among others that are idle: at most 9,000, because a process may have
// 20,000 files here.
func (b *bench) playClients(w work, out io.Writer) error {
	return b.playGrowth(w, out, "clients", []int{64, 100, 1000, 9000}, func(n int) size {
		w.job.MaxConn = 9900
		return size{w.job, fourServers, n - w.load.clients}
	})
}

// playGrowth measures what a request costs at each size, each time beside the first one.
func (b *bench) playGrowth(w work, out io.Writer, what string, sizes []int, at func(n int) size) error {
	fmt.Fprintf(out, "us/request: user + system, and in all compared with the first line (median and extremes of the rounds)\n")
	for i, n := range sizes {
		grown := []size{at(sizes[0])}
		if i > 0 {
			grown = append(grown, at(n))
		}
		t, err := b.measure(w, grown)
		if err != nil {
			return fmt.Errorf("%d %s: %w", n, what, err)
		}
		t.printGrowth(out, fmt.Sprintf("%d %s", n, what), len(b.growers(w)))
	}
	return nil
}

// growers are those whose growth is measured.
func (b *bench) growers(w work) []*peer.Peer {
	all := []*peer.Peer{b.haproxy, b.lbmaster}
	if w.floor {
		all = append(all, peer.Turning(b.floor))
	}
	for _, p := range b.others {
		if p.Name == peer.Before {
			all = append(all, p)
		}
	}
	return all
}

// printGrowth prints the last rows, and how they compare with the first ones of the same proxies.
func (t table) printGrowth(out io.Writer, what string, growers int) {
	fmt.Fprintf(out, "%-16s", what)
	for i, r := range t.rows[len(t.rows)-growers:] {
		fmt.Fprintf(out, "  %s %5.2f + %5.2f, %v", r.name, median(r.figures(0)), median(r.figures(1)), t.compare(r, t.rows[i], 2))
	}
	fmt.Fprintln(out)
}

// measure lets the growers of all these sizes work in turn.
func (b *bench) measure(w work, sizes []size) (t table, err error) {
	last, growers := sizes[len(sizes)-1], b.growers(w)
	f, err := b.openField(&last.job, last.servers)
	defer f.end(&err)
	if err != nil {
		return t, err
	}
	for _, s := range sizes {
		s.job.Servers = last.job.Servers[:s.servers]
		if err := f.enter(s.job, growers...); err != nil {
			return t, err
		}
		for _, c := range f.contenders[len(f.contenders)-len(growers):] {
			conns, err := c.open(s.idle)
			defer closeAll(conns)
			if err != nil {
				return t, fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	requests := func(r rig.LoadResult) float64 { return float64(r.Requests) }
	return contest{perUnit("request", "requests/s"), b.rounds, func(c *contender) ([]float64, error) {
		if _, err := b.run(w.load, c.addr, warmth); err != nil {
			return nil, err
		}
		return f.cost(c, w.load, requests)
	}}.play(f)
}
