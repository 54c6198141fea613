//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

const (
	upgrades     = 20
	upgradePause = 300 * time.Millisecond // between two of them
)

// playUpgrades shows what becomes of requests while a proxy replaces its configuration again and again. The proxies run
// one after the other under the same load, first undisturbed, then during the upgrades.
func (b *bench) playUpgrades(w work, out io.Writer) (err error) {
	f, err := b.openField(&w.job, 1)
	defer f.end(&err)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-9s %-9s %9s %7s %8s %8s %8s\n", "proxy", "", "requests", "failed", "p50 ms", "p99 ms", "max ms")
	for _, p := range []*peer.Peer{b.lbmaster, b.haproxy, b.nginx} {
		if err := f.playUpgrades(p, w, out); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

func (f *field) playUpgrades(p *peer.Peer, w work, out io.Writer) (err error) {
	w.job.Addr = fmt.Sprintf(proxyAddr, 1)
	process, err := p.Start(f.dir, w.job)
	if err != nil {
		return err
	}
	r := &replaced{p, process, process.Pid}
	defer func() { err = errors.Join(err, r.stop()) }()
	quiet := startClients(w.job.Addr, w.load.clients)
	rest(upgrades * upgradePause)
	quiet.end()
	fmt.Fprintln(out, quiet.row(p.Name, "quiet"))
	busy := startClients(w.job.Addr, w.load.clients)
	took, err := r.upgrade(upgrades)
	busy.end()
	fmt.Fprintln(out, busy.row(p.Name, "upgrades"))
	if p == f.bench.lbmaster && err == nil {
		fmt.Fprintf(out, "%-9s an upgrade takes %.1f ms (median), at most %.1f ms\n", p.Name, median(took), slices.Max(took))
		if busy.failed > 0 {
			fmt.Fprintf(out, "wanted no failed request: missed\n")
			f.bench.missed++
		}
	}
	return err
}

// replaced is a proxy whose master changes. How long that takes can be seen of lbmaster only: its old master ends.
type replaced struct {
	peer    *peer.Peer
	process *rig.Process
	master  int
}

// upgrade replaces the configuration n times, and returns the milliseconds that each took.
func (r *replaced) upgrade(n int) (took []float64, err error) {
	for range n {
		begin := time.Now()
		if err := rig.Kill(r.master, r.peer.Signal); err != nil {
			return nil, err
		}
		if r.peer.Signal == syscall.SIGUSR2 && r.peer.Name == "lbmaster" {
			if err := r.follow(); err != nil {
				return nil, err
			}
			took = append(took, float64(time.Since(begin).Microseconds())/1000)
		}
		rest(upgradePause)
	}
	return took, nil
}

// follow waits for the end of the old master and finds the new one.
func (r *replaced) follow() error {
	old := r.master
	if !rig.Until(rig.Patience, func() bool { return !rig.Alive(old) }) {
		return errors.New("the old master stays")
	}
	for _, pid := range rig.Running(r.peer.Program()) {
		if !strings.HasPrefix(rig.Cmdline(pid), "lbmaster: ") {
			r.master = pid
		}
	}
	if r.master == old {
		return errors.New("there is no new master")
	}
	return nil
}

// stop ends the newest master, and with it all that it has.
func (r *replaced) stop() error {
	if r.master == r.process.Pid {
		_, err := r.process.Stop(syscall.SIGTERM, rig.Patience)
		return err
	}
	if err := rig.Kill(r.master, syscall.SIGTERM); err != nil {
		return err
	}
	if !rig.Until(rig.Patience, func() bool { return !rig.Alive(r.master) }) {
		return errors.New("it does not stop")
	}
	return nil
}

// rest lets the load run for a while.
func rest(d time.Duration) { <-time.After(d) }
