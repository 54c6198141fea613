//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"lbmaster/tools/rig"
)

// loads are what is compared.
func (o options) loads() []load {
	times := func(n int) int { return max(1, int(float64(n)*o.scale)) }
	const mib, gib = 1 << 20, 1 << 30
	return []load{
		{"streams of 1 MiB", "GiB", float64(times(4096)) / 1024, times(4096), 16, mib},
		{"streams of 64 MiB", "GiB", float64(times(128)) / 16, times(128), 16, 64 * mib},
		{"one stream", "GiB", float64(times(8)), 1, 1, int64(times(8)) * gib},
		{"connect, send, close", "connection", float64(times(30000)), times(30000), 16, 100},
	}
}

// result is what a round cost.
type result struct {
	cpu  rig.CPU
	took time.Duration
}

// compare runs the rounds of a load, prints the medians, and complains when lbmaster's is above the limit.
func (f *field) compare(o options, l load, out io.Writer) error {
	all := make([][]result, len(f.contenders))
	for i := range o.rounds {
		for k := range f.contenders {
			who := (i + k) % len(f.contenders)
			r, err := f.contenders[who].round(l)
			if err != nil {
				return err
			}
			all[who] = append(all[who], r)
		}
	}
	fmt.Fprintf(out, "%s, microseconds of processor time for each %s\n%-16s  %10s  %10s  %10s  %8s\n", l.name, l.unit, "", "user", "system", "total", "seconds")
	var totals []float64
	for i, c := range f.contenders {
		m := median(all[i])
		each := func(d time.Duration) float64 { return float64(d.Microseconds()) / l.units }
		fmt.Fprintf(out, "%-16s  %10.1f  %10.1f  %10.1f  %8.2f\n", c.name, each(m.cpu.User), each(m.cpu.System), each(m.cpu.Total()), m.took.Seconds())
		totals = append(totals, each(m.cpu.Total()))
	}
	ours := len(totals) - 1
	ratio := totals[ours] / slices.Min(totals[:ours])
	fmt.Fprintf(out, "ratio lbmaster/best of haproxy, %s = %.2f\n\n", l.name, ratio)
	if o.enforce && ratio > o.limit {
		return fmt.Errorf("%s: the ratio is above %.2f", l.name, o.limit)
	}
	return nil
}

// round runs one load and returns what it cost.
func (c *contender) round(l load) (result, error) {
	pids := c.pids()
	before, begin := rig.ReadCPU(pids...), time.Now()
	if err := l.run(c.addr); err != nil {
		return result{}, fmt.Errorf("%s: %w\n%s", c.name, err, c.process.Said())
	}
	return result{rig.ReadCPU(pids...).Sub(before), time.Since(begin)}, nil
}

// median is the round with the median total.
func median(all []result) result {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b result) int { return int(a.cpu.Total() - b.cpu.Total()) })
	return sorted[len(sorted)/2]
}
