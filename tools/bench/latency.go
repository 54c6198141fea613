//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tailRounds is how many more rounds than other figures the tails need, in which few answers count.
const tailRounds = 3

// playLatency measures how long answers take when nobody is busy: every proxy gets half of the requests that HAProxy can
// serve in the same time.
func (b *bench) playLatency(w work, out io.Writer) (err error) {
	h2load, err := b.installer.Need("h2load")
	if err != nil {
		return err
	}
	f, err := b.prepare(w, fourServers)
	defer f.end(&err)
	if err != nil {
		return err
	}
	most, err := b.run(w.load, f.contenders[0].addr, b.duration)
	if err != nil {
		return err
	}
	each := max(1, int(most.Rate/2)/w.load.clients)
	fmt.Fprintf(out, "%d requests/s\n", each*w.load.clients)
	columns := []column{{"p50 us", "%.0f", true}, {"p99 us", "%.0f", true}, {"p99.9 us", "%.0f", true}, {"requests/s", "%.0f", false}}
	t, err := contest{columns, tailRounds * b.rounds, func(c *contender) ([]float64, error) { return f.times(c, h2load, w.load, each) }}.play(f)
	if err != nil {
		return err
	}
	b.conclude(t, w, out)
	return nil
}

// times lets every client send so many requests per second, and returns quantiles of the times of answers.
func (f *field) times(c *contender, h2load string, l load, rate int) ([]float64, error) {
	file := filepath.Join(f.dir, "times")
	defer os.Remove(file)
	argv := append(slices.Clone(f.bench.load), h2load, "--h1", "-c", strconv.Itoa(l.clients), "--rps", strconv.Itoa(rate),
		"-D", strconv.Itoa(int(f.bench.duration/time.Second)), "--log-file", file, "http://"+c.addr+l.path())
	if said, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("h2load: %w\n%s", err, said)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	took, err := parseTimes(string(text))
	if err != nil {
		return nil, err
	}
	n := float64(len(took)) / f.bench.duration.Seconds()
	return []float64{quantile(took, 0.5), quantile(took, 0.99), quantile(took, 0.999), n}, nil
}

// parseTimes reads the log of h2load: when a request began, its status code, and the microseconds until the end of its
// answer. It returns the times in order of size. The requests that were under way at the end have the status -1.
func parseTimes(log string) ([]float64, error) {
	var took []float64
	for line := range strings.Lines(log) {
		f := strings.Fields(line)
		if len(f) < 3 || f[1] != "200" && f[1] != "-1" {
			return nil, fmt.Errorf("h2load: unexpected line %q", line)
		}
		if f[1] == "-1" {
			continue
		}
		us, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return nil, err
		}
		took = append(took, us)
	}
	if len(took) == 0 {
		return nil, fmt.Errorf("h2load: no answers")
	}
	slices.Sort(took)
	return took, nil
}

// quantile is a part of sorted figures: the smallest one that so large a part of them does not exceed. 0 of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
