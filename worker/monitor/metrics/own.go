package metrics

import (
	"strconv"

	vm "github.com/VictoriaMetrics/metrics"

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
	{"lbmaster_worker_requests_total", "counter", func(k *tally.Worker) float64 { return float64(k.Requests) }},
	{"lbmaster_worker_restarts_total", "counter", func(k *tally.Worker) float64 { return float64(k.Restarts) }},
}

// workers writes what HAProxy has nothing like: the processes.
func (w *writer) workers(in *tally.Instance) {
	for _, f := range workerFamilies {
		w.family(f.name, f.kind)
		for i := range in.Workers {
			vm.WriteGaugeFloat64(w, f.name+`{worker="`+strconv.Itoa(in.Workers[i].Slot)+`"}`, f.of(&in.Workers[i]))
		}
	}
	w.family("lbmaster_generations", "gauge")
	vm.WriteGaugeUint64(w, "lbmaster_generations", uint64(len(in.Generations)))
	w.family("lbmaster_monitor_restarts_total", "counter")
	vm.WriteCounterUint64(w, "lbmaster_monitor_restarts_total", in.Process.Restarts.Monitor)
}
