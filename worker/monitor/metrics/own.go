package metrics

import (
	"strconv"

	vm "github.com/VictoriaMetrics/metrics"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// perWorker is a family with a sample for each worker.
type perWorker struct {
	name, kind string
	of         func(*tally.Worker) float64
}

var workerFamilies = []perWorker{
	{"lbmaster_worker_up", "gauge", func(k *tally.Worker) float64 { return truth(k.Pid > 0) }},
	{"lbmaster_worker_connections", "gauge", func(k *tally.Worker) float64 { return float64(k.Sessions) }},
	{"lbmaster_worker_resident_memory_bytes", "gauge", func(k *tally.Worker) float64 { return float64(k.Memory) }},
	{"lbmaster_worker_cpu_seconds", "gauge", func(k *tally.Worker) float64 { return k.CPU.Seconds() }}, // of one process
}

// workers writes what HAProxy has nothing like: the processes. What is told of one worker are gauges: its counters would
// begin anew with each generation.
func (w *writer) workers(in *tally.Instance) {
	for _, f := range workerFamilies {
		w.family(f.name, f.kind)
		for i := range in.Workers {
			k := &in.Workers[i]
			name := f.name + `{generation="` + strconv.Itoa(k.Generation) + `",worker="` + strconv.Itoa(k.Slot) + `"}`
			vm.WriteGaugeFloat64(w, name, f.of(k))
		}
	}
	w.family("lbmaster_orphaned", "gauge")
	vm.WriteGaugeUint64(w, "lbmaster_orphaned", uint64(truth(in.Process.Orphaned)))
	w.family("lbmaster_generations", "gauge")
	vm.WriteGaugeUint64(w, "lbmaster_generations", uint64(len(in.Generations)))
	c := &in.Process.Counts
	for _, f := range []struct {
		name string
		n    uint64
	}{
		{"lbmaster_worker_restarts_total", c[counter.WorkerDeaths]},
		{"lbmaster_monitor_restarts_total", c[counter.MonitorDeaths]},
		{"lbmaster_upgrades_total", c[counter.Upgrades]},
		{"lbmaster_upgrade_failures_total", c[counter.FailedUpgrades]},
		{"lbmaster_dropped_logs_total", c[counter.LogsDropped]},
	} {
		w.family(f.name, "counter")
		vm.WriteCounterUint64(w, f.name, f.n)
	}
}
