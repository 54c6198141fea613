package worker

import (
	"fmt"
	"io"

	"lbmaster/shared/control"
	"lbmaster/shared/faults"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/channel"
	"lbmaster/worker/proxy"
)

// build makes the data plane out of what came with Start. Descriptors of a start that fails are left to the end of the
// process, which follows.
func (w *worker) build(env Env, m control.Message, fds []int) (*proxy.Proxy, error) {
	if len(fds) < control.StartWorkerFDs {
		return nil, fmt.Errorf("%s came with %d descriptors instead of %d", m.Kind, len(fds), control.StartWorkerFDs)
	}
	config, err := channel.ReadConfig(fds[control.StartConfig])
	if err != nil {
		return nil, err
	}
	w.orphan.limits = limits{serve: config.Global.OrphanTime, drain: config.Global.HardStopAfter}
	if err := limitFiles(config.Global.UlimitN); err != nil {
		return nil, err
	}
	counters, err := stats.Open(fds[control.StartCounters])
	if err != nil {
		return nil, err
	}
	board, err := status.Open(fds[control.StartBoard])
	if err != nil {
		return nil, err
	}
	memory, err := faults.Open(fds[control.StartFaults], len(config.Frontends)+len(config.Backends))
	if err != nil {
		return nil, err
	}
	return proxy.New(proxy.Params{
		Config:     config,
		Slot:       m.Slot,
		Generation: m.Generation,
		Stats:      counters,
		Board:      board,
		Wake:       fds[control.StartWake],
		Faults:     memory,
		Logs:       fds[control.StartWorkerFDs:],
		Files:      map[string]io.Writer{"stdout": env.Stdout, "stderr": env.Stderr},
		Reopen:     func() { w.channel.Say(control.Message{Kind: control.Reopen}) },
		Report:     w.report,
	})
}
