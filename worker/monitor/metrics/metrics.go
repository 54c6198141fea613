// Package metrics writes /metrics in the text format of Prometheus. Names and labels are those of HAProxy 2.6, so that
// dashboards for that work; what HAProxy has nothing like begins with lbmaster_.
package metrics

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	vm "github.com/VictoriaMetrics/metrics"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// kinds is a set of kinds of rows.
type kinds uint8

const (
	fronts  kinds = 1 << tally.Frontend
	backs   kinds = 1 << tally.Backend
	servers kinds = 1 << tally.Server

	behind = backs | servers
	all    = fronts | behind
)

// prefixes begin the names of what is told about each kind, in the order in which they are told.
var prefixes = []struct {
	kind tally.Kind
	text string
}{{tally.Frontend, "haproxy_frontend_"}, {tally.Backend, "haproxy_backend_"}, {tally.Server, "haproxy_server_"}}

// counted is a family of samples that only grow.
type counted struct {
	name string
	on   kinds
	of   func(*tally.Row) uint64
}

// number is a counter as it is.
func number(id counter.ID) func(*tally.Row) uint64 {
	return func(r *tally.Row) uint64 { return r.Counts[id] }
}

// gauge is a family of samples of this moment. What is not ok is left out.
type gauge struct {
	name string
	on   kinds
	of   func(*tally.Row) (v float64, ok bool)
}

var counters = []counted{
	{"sessions_total", all, number(counter.Sessions)},
	{"bytes_in_total", all, number(counter.BytesIn)},
	{"bytes_out_total", all, number(counter.BytesOut)},
	{"requests_denied_total", fronts | backs, func(*tally.Row) uint64 { return 0 }},
	{"request_errors_total", fronts, number(counter.RequestErrors)},
	{"http_requests_total", fronts | backs, number(counter.Requests)},
	{"connections_total", fronts, number(counter.Sessions)},
	{"intercepted_requests_total", fronts, number(counter.Answered)},
	{"connection_errors_total", behind, number(counter.ConnectErrors)},
	{"response_errors_total", behind, number(counter.ResponseErrors)},
	{"retry_warnings_total", behind, number(counter.Retries)},
	{"redispatch_warnings_total", behind, number(counter.Redispatches)},
	{"check_failures_total", servers, number(counter.CheckFailures)},
	{"check_up_down_total", behind, number(counter.Downs)},
	{"downtime_seconds_total", behind, func(r *tally.Row) uint64 { return uint64(r.Down) }},
	{"loadbalanced_total", behind, number(counter.Balanced)},
	{"client_aborts_total", behind, number(counter.ClientAborts)},
	{"server_aborts_total", behind, number(counter.ServerAborts)},
	{"connection_attempts_total", behind, number(counter.Connects)},
	{"connection_reuses_total", behind, number(counter.Reuses)},
}

var gauges = []gauge{
	{"current_sessions", all, func(r *tally.Row) (float64, bool) { return float64(r.Sessions.Now), true }},
	{"max_sessions", all, func(r *tally.Row) (float64, bool) { return float64(r.Sessions.Max), true }},
	{"limit_sessions", fronts | backs, func(r *tally.Row) (float64, bool) { return float64(r.Sessions.Limit), true }},
	{"max_session_rate", all, func(r *tally.Row) (float64, bool) { return float64(r.Rates.SessionsMax), true }},
	{"http_requests_rate_max", fronts, func(r *tally.Row) (float64, bool) { return float64(r.Rates.RequestsMax), true }},
	{"connections_rate_max", fronts, func(r *tally.Row) (float64, bool) { return float64(r.Rates.SessionsMax), true }},
	{"current_queue", behind, func(*tally.Row) (float64, bool) { return 0, true }},
	{"max_queue", behind, func(*tally.Row) (float64, bool) { return 0, true }},
	{"weight", behind, func(r *tally.Row) (float64, bool) { return float64(r.Weight), true }},
	{"uweight", behind, func(r *tally.Row) (float64, bool) { return float64(r.UserWeight), true }},
	{"active_servers", backs, func(r *tally.Row) (float64, bool) { return float64(r.Active), true }},
	{"backup_servers", backs, func(r *tally.Row) (float64, bool) { return float64(r.Backup), true }},
	{"check_last_change_seconds", behind, func(r *tally.Row) (float64, bool) { return float64(r.Changed), true }},
	{"last_session_seconds", behind, func(r *tally.Row) (float64, bool) { return float64(r.LastUsed), true }},
	{"queue_time_average_seconds", behind, func(*tally.Row) (float64, bool) { return 0, true }},
	{"connect_time_average_seconds", behind, func(r *tally.Row) (float64, bool) { return float64(r.Averages.Connect) / 1000, true }},
	{"response_time_average_seconds", behind, func(r *tally.Row) (float64, bool) { return float64(r.Averages.Response) / 1000, true }},
	{"total_time_average_seconds", behind, func(r *tally.Row) (float64, bool) { return float64(r.Averages.Total) / 1000, true }},
	{"idle_connections_current", servers, func(r *tally.Row) (float64, bool) { return float64(r.Idle), true }},
	{"used_connections_current", servers, func(r *tally.Row) (float64, bool) { return float64(r.Sessions.Now), true }},
	{"check_code", servers, func(r *tally.Row) (float64, bool) {
		if r.Health == nil {
			return 0, false
		}
		return float64(r.Health.Code), r.Health.Layer7
	}},
	{"check_duration_seconds", servers, func(r *tally.Row) (float64, bool) {
		if r.Health == nil {
			return 0, false
		}
		return float64(r.Health.Took) / 1000, r.Health.Checked
	}},
}

// writer writes families. Samples of rows are many: they are appended by hand, which takes a third of the time.
type writer struct {
	*bytes.Buffer
	number []byte
	rows   []tally.Row
	labels []string // of each row, as in name{...}, without the last brace
}

// Write writes everything that is known of an instance.
func Write(b *bytes.Buffer, in *tally.Instance) {
	w := &writer{Buffer: b, rows: in.Rows, labels: make([]string, len(in.Rows))}
	for i := range in.Rows {
		w.labels[i] = labels(&in.Rows[i])
	}
	w.process(&in.Process)
	for _, p := range prefixes {
		w.kind(p.kind, p.text)
	}
	w.workers(in)
}

func labels(r *tally.Row) string {
	s := "{proxy=" + strconv.Quote(r.Proxy)
	if r.Kind == tally.Server {
		s += ",server=" + strconv.Quote(r.Server)
	}
	return s
}

// count writes one sample of a row; more is labels besides those of the row, with a comma before each.
func (w *writer) count(name, labels, more string, n uint64) {
	w.number = strconv.AppendUint(w.number[:0], n, 10)
	w.sample(name, labels, more)
}

// value likewise.
func (w *writer) value(name, labels string, v float64) {
	w.number = strconv.AppendFloat(w.number[:0], v, 'g', -1, 64)
	w.sample(name, labels, "")
}

func (w *writer) sample(name, labels, more string) {
	w.WriteString(name)
	w.WriteString(labels)
	w.WriteString(more)
	w.WriteString("} ")
	w.Buffer.Write(w.number)
	w.WriteByte('\n')
}

// family begins a family of samples.
func (w *writer) family(name, kind string) {
	w.WriteString("# TYPE " + name + " " + kind + "\n")
}

// each calls f for every row of a kind.
func (w *writer) each(k tally.Kind, f func(labels string, r *tally.Row)) {
	for i := range w.rows {
		if w.rows[i].Kind == k {
			f(w.labels[i], &w.rows[i])
		}
	}
}

// kind writes what is told about all rows of a kind.
func (w *writer) kind(k tally.Kind, prefix string) {
	w.states(k, prefix+"status")
	for i := range gauges {
		if g := &gauges[i]; g.on>>k&1 != 0 {
			name := prefix + g.name
			w.family(name, "gauge")
			w.each(k, func(labels string, r *tally.Row) {
				if v, ok := g.of(r); ok {
					w.value(name, labels, v)
				}
			})
		}
	}
	for i := range counters {
		if c := &counters[i]; c.on>>k&1 != 0 {
			name := prefix + c.name
			w.family(name, "counter")
			w.each(k, func(labels string, r *tally.Row) { w.count(name, labels, "", c.of(r)) })
		}
	}
	w.responses(k, prefix+"http_responses_total")
	if k == tally.Server {
		w.checks(prefix + "check_status")
	}
}

// choice is one of several words, and the label that says it.
type choice struct{ word, label string }

func choices(words ...string) []choice {
	var all []choice
	for _, w := range words {
		all = append(all, choice{w, `,state="` + w + `"`})
	}
	return all
}

// one writes a sample for each of the words, 1 for the one that holds and 0 for the others.
func (w *writer) one(name, labels string, all []choice, holds string) {
	for _, c := range all {
		v := uint64(0)
		if c.word == holds {
			v = 1
		}
		w.count(name, labels, c.label, v)
	}
}

var (
	proxyStates  = choices("DOWN", "UP")
	serverStates = choices("DOWN", "UP", "MAINT", "DRAIN", "NOLB")
	checkStates  = choices("SOCKERR", "L4OK", "L4TOUT", "L4CON", "L7TOUT", "L7RSP", "L7OK", "L7STS")
)

// states writes the status of each row, which people read as words, one sample for each state.
func (w *writer) states(k tally.Kind, name string) {
	w.family(name, "gauge")
	w.each(k, func(labels string, r *tally.Row) {
		words := proxyStates
		if k == tally.Server {
			words = serverStates
		}
		holds, _, _ := strings.Cut(r.Status, " ") // "UP 1/3"
		switch holds {
		case "OPEN", "no": // "no check"
			holds = "UP"
		case "STOP":
			holds = "DOWN"
		}
		w.one(name, labels, words, holds)
	})
}

func (w *writer) checks(name string) {
	w.family(name, "gauge")
	w.each(tally.Server, func(labels string, r *tally.Row) {
		if r.Health != nil {
			w.one(name, labels, checkStates, r.Health.Result)
		}
	})
}

func (w *writer) responses(k tally.Kind, name string) {
	w.family(name, "counter")
	w.each(k, func(labels string, r *tally.Row) {
		c := &r.Counts
		for _, class := range []struct {
			label string
			n     uint64
		}{
			{`,code="1xx"`, c[counter.Responses1xx]},
			{`,code="2xx"`, c[counter.Responses2xx]},
			{`,code="3xx"`, c[counter.Responses3xx]},
			{`,code="4xx"`, c[counter.Responses4xx]},
			{`,code="5xx"`, c[counter.Responses5xx]},
			{`,code="other"`, c[counter.ResponsesOther]},
		} {
			w.count(name, labels, class.label, class.n)
		}
	})
}

// process writes what is told about the instance as a whole.
func (w *writer) process(p *tally.Process) {
	const prefix = "haproxy_process_"
	for _, g := range []struct {
		name string
		v    float64
	}{
		{"nbproc", float64(p.Workers)},
		{"relative_process_id", 1},
		{"uptime_seconds", float64(int64(p.Uptime().Seconds()))},
		{"max_fds", float64(p.OpenFiles)},
		{"max_sockets", float64(p.OpenFiles)},
		{"max_connections", float64(p.Maxconn)},
		{"hard_max_connections", float64(p.Maxconn)},
		{"current_connections", float64(p.Sessions)},
		{"current_connection_rate", float64(p.Rates.Sessions)},
		{"max_connection_rate", float64(p.Rates.SessionsMax)},
		{"current_session_rate", float64(p.Rates.Sessions)},
		{"max_session_rate", float64(p.Rates.SessionsMax)},
		{"jobs", float64(p.Sessions + int64(p.Listeners))},
		{"listeners", float64(p.Listeners)},
		{"start_time_seconds", float64(p.Started.Unix())},
		{"stopping", truth(p.Stopping)},
	} {
		w.family(prefix+g.name, "gauge")
		fmt.Fprintf(w, "%s%s %s\n", prefix, g.name, strconv.FormatFloat(g.v, 'f', -1, 64))
	}
	for _, c := range []struct {
		name string
		n    uint64
	}{{"connections_total", p.Counts[counter.Sessions]}, {"requests_total", p.Counts[counter.Requests]}, {"bytes_out_total", p.Counts[counter.BytesOut]}, {"dropped_logs_total", p.Counts[counter.LogsDropped]}} {
		w.family(prefix+c.name, "counter")
		vm.WriteCounterUint64(w, prefix+c.name, c.n)
	}
	w.family(prefix+"build_info", "gauge")
	vm.WriteGaugeUint64(w, prefix+"build_info{version="+strconv.Quote(p.Version)+"}", 1)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
