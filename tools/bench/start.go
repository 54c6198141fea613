//go:build linux

package main

import (
	"fmt"
	"io"
	"syscall"
	"time"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// startWanted is how long a start may take, in milliseconds.
const startWanted = 50

// playStart starts every proxy again and again, in turn, and looks every millisecond whether it answers.
func (b *bench) playStart(w work, out io.Writer) (err error) {
	f, err := b.openField(&w.job, fourServers)
	defer f.end(&err)
	if err != nil {
		return err
	}
	w.job.Addr = fmt.Sprintf(proxyAddr, 1)
	t := table{columns: []column{{"ms", "%.1f", true}}}
	for _, p := range b.peers(w.job) {
		t.rows = append(t.rows, row{name: p.Name})
	}
	for range 4 * b.rounds {
		for i, p := range b.peers(w.job) {
			took, err := f.start(p, w.job)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			t.rows[i].samples = append(t.rows[i].samples, []float64{took})
		}
	}
	b.conclude(t, w, out)
	if took := median(t.find("lbmaster").figures(0)); took > startWanted {
		fmt.Fprintf(out, "wanted at most %d ms: missed\n", startWanted)
		b.missed++
	}
	return nil
}

// start returns the milliseconds to the first answer, and ends the process.
func (f *field) start(p *peer.Peer, job peer.Setup) (took float64, err error) {
	begin := time.Now()
	process, err := p.Launch(f.dir, job)
	if err != nil {
		return 0, err
	}
	deadline := begin.Add(rig.Patience)
	for !peer.Answers(job.Addr) {
		if process.Exited() || time.Now().After(deadline) {
			return 0, fmt.Errorf("no answer:\n%s", process.Said())
		}
		<-time.After(time.Millisecond)
	}
	took = float64(time.Since(begin).Microseconds()) / 1000
	_, err = process.Stop(syscall.SIGTERM, rig.Patience)
	return took, err
}
