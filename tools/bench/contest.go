//go:build linux

package main

import (
	"fmt"
	"io"
	"time"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// column is one figure of a table.
type column struct {
	name   string
	format string // of fmt
	judged bool   // compared with the first contender's
}

// contest is rounds of one load, in turn for every contender of a field.
type contest struct {
	columns []column
	rounds  int
	round   func(c *contender) ([]float64, error) // one figure for each column
}

// play warms every contender up and plays all rounds. Who begins alternates.
func (t contest) play(f *field) (table, error) {
	all := table{columns: t.columns}
	for _, c := range f.contenders {
		all.rows = append(all.rows, row{name: c.name})
		if _, err := t.round(c); err != nil {
			return all, fmt.Errorf("%s: %w\n%s", c.name, err, c.process.Said())
		}
	}
	for i := range t.rounds {
		for k := range f.contenders {
			who := (i + k) % len(f.contenders)
			figures, err := t.round(f.contenders[who])
			if err != nil {
				return all, fmt.Errorf("%s: %w\n%s", f.contenders[who].name, err, f.contenders[who].process.Said())
			}
			all.rows[who].samples = append(all.rows[who].samples, figures)
		}
	}
	return all, nil
}

// perUnit are the columns of what a unit of work costs.
func perUnit(unit, rate string) []column {
	return []column{
		{"user us/" + unit, "%.2f", false}, {"system us/" + unit, "%.2f", false}, {"us/" + unit, "%.2f", true}, {rate, "%.0f", false},
	}
}

// cost runs a load and returns the columns of perUnit.
func (f *field) cost(c *contender, l load, units func(rig.LoadResult) float64) ([]float64, error) {
	pids := peer.Pids(c.process)
	before, begin := rig.ReadCPU(pids...), time.Now()
	r, err := f.bench.run(l, c.addr, f.bench.duration)
	if err != nil {
		return nil, err
	}
	took, used, n := time.Since(begin), rig.ReadCPU(pids...).Sub(before), units(r)
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / n }
	return []float64{each(used.User), each(used.System), each(used.Total()), n / took.Seconds()}, f.logged(r.Requests)
}

// logged checks that those who should have logged every request did. The kernel drops lines when the sink is behind.
func (f *field) logged(requests int) error {
	if f.sink == nil {
		return nil
	}
	if lines := f.sink.take(); lines < requests/2 {
		return fmt.Errorf("%d lines were logged for %d requests", lines, requests)
	}
	return nil
}

// peers are those that take part in a job, HAProxy first.
func (b *bench) peers(job peer.Setup) []*peer.Peer {
	if job.TCP {
		return append([]*peer.Peer{b.haproxy, peer.Splicing(b.haproxy), b.lbmaster, b.nginx}, b.others...)
	}
	if job.Close {
		return append([]*peer.Peer{b.haproxy, peer.Deferring(b.haproxy), b.lbmaster}, b.others...)
	}
	return append([]*peer.Peer{b.haproxy, b.lbmaster, b.nginx}, b.others...)
}

// playRequests measures what a request costs.
func (b *bench) playRequests(w work, out io.Writer) error {
	return b.playCost(w, perUnit("request", "requests/s"), func(r rig.LoadResult) float64 { return float64(r.Requests) }, out)
}

// playBytes measures what a MiB costs.
func (b *bench) playBytes(w work, out io.Writer) error {
	return b.playCost(w, perUnit("MiB", "MiB/s"), func(r rig.LoadResult) float64 { return r.Bytes / (1 << 20) }, out)
}

func (b *bench) playCost(w work, columns []column, units func(rig.LoadResult) float64, out io.Writer) (err error) {
	f, err := b.prepare(w, fourServers)
	defer f.end(&err)
	if err != nil {
		return err
	}
	t, err := contest{columns, b.rounds, func(c *contender) ([]float64, error) { return f.cost(c, w.load, units) }}.play(f)
	if err != nil {
		return err
	}
	b.conclude(t, w, out)
	return nil
}
