//go:build linux

package main

import (
	"fmt"
	"io"

	"lbmaster/tools/bench/peer"
)

// playWorkers lets one and two workers run on all CPUs, together with the load and the servers, and prints what that
// gives. Nothing is wanted: on two CPUs there is no room for a second worker.
func (b *bench) playWorkers(w work, out io.Writer) (err error) {
	free := *b
	free.load = nil // nothing is placed anywhere
	f, err := free.openField(&w.job, fourServers)
	defer f.end(&err)
	if err != nil {
		return err
	}
	for _, n := range []int{1, 2} {
		w.job.Workers = n
		for _, p := range []*peer.Peer{b.haproxy, b.lbmaster, b.nginx} {
			if err := f.enter(w.job, p); err != nil {
				return err
			}
			f.contenders[len(f.contenders)-1].name = fmt.Sprintf("%s %d", p.Name, n)
		}
	}
	columns := []column{{"requests/s", "%.0f", true}}
	t, err := contest{columns, b.rounds, func(c *contender) ([]float64, error) {
		r, err := f.bench.run(w.load, c.addr, f.bench.duration)
		return []float64{r.Rate}, err
	}}.play(f)
	if err != nil {
		return err
	}
	t.print(out)
	for _, name := range []string{"haproxy", "lbmaster", "nginx"} {
		b.judge(out, w, t.compare(*t.find(name + " 2"), *t.find(name + " 1"), 0), 0)
	}
	return nil
}
