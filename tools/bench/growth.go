//go:build linux

package main

import (
	"fmt"
	"io"

	"lbmaster/tools/rig"
)

// level is the work that belongs to a size of something.
type level struct {
	work    work
	servers int
	idle    int // clients that are there besides
}

// playServers compares 1 to 1,000 servers.
func (b *bench) playServers(w work, out io.Writer) error {
	return b.playGrowth(w, out, "servers", []int{1, 10, 100, 1000}, func(n int) level { return level{w, n, 0} })
}

// playFrontends compares 1 to 1,000 frontends.
func (b *bench) playFrontends(w work, out io.Writer) error {
	return b.playGrowth(w, out, "frontends", []int{1, 10, 100, 1000}, func(n int) level {
		w.job.Frontends = n - 1
		return level{w, fourServers, 0}
	})
}

// playClients compares 64 clients by themselves and among others that are idle: at most 9,000, because a process may have
// 20,000 files here.
func (b *bench) playClients(w work, out io.Writer) error {
	return b.playGrowth(w, out, "clients", []int{64, 100, 1000, 9000}, func(n int) level {
		w.job.MaxConn = 9900
		return level{w, fourServers, n - w.load.clients}
	})
}

// playGrowth measures what a request costs at each size, one after the other, and how that compares with the first.
func (b *bench) playGrowth(w work, out io.Writer, what string, sizes []int, at func(n int) level) error {
	fmt.Fprintf(out, "%-10s  %22s  %22s\n", what, "haproxy us/request", "lbmaster us/request")
	var first []float64
	for _, n := range sizes {
		got, err := b.measure(at(n))
		if err != nil {
			return fmt.Errorf("%d %s: %w", n, what, err)
		}
		if first == nil {
			first = got
		}
		fmt.Fprintf(out, "%-10d  %15.2f %5.0f%%  %15.2f %5.0f%%\n", n, got[0], 100*got[0]/first[0], got[1], 100*got[1]/first[1])
	}
	return nil
}

// measure returns the medians of what a request costs HAProxy and lbmaster.
func (b *bench) measure(l level) (cost []float64, err error) {
	f, err := b.openField(&l.work.job, l.servers)
	defer f.end(&err)
	if err != nil {
		return nil, err
	}
	if err := f.enter(l.work.job, b.haproxy, b.lbmaster); err != nil {
		return nil, err
	}
	for _, c := range f.contenders {
		conns, err := c.open(l.idle)
		defer closeAll(conns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	requests := func(r rig.LoadResult) float64 { return float64(r.Requests) }
	t, err := contest{perUnit("request", "requests/s"), b.rounds, func(c *contender) ([]float64, error) {
		return f.cost(c, l.work.load, requests)
	}}.play(f)
	if err != nil {
		return nil, err
	}
	return []float64{median(t.rows[0].figures(2)), median(t.rows[1].figures(2))}, nil
}
