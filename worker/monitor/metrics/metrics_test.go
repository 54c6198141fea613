package metrics

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// instance has a frontend, a backend and so many servers, of which the first is fine and the others are not checked.
func instance(servers int) *tally.Instance {
	start := time.Unix(1_700_000_000, 0)
	in := &tally.Instance{
		Process: tally.Process{Version: `v"1`, Started: start, Now: start.Add(time.Minute), Workers: 2, Maxconn: 2000, Counts: tally.Counts{counter.Requests: 1 << 60, counter.WorkerDeaths: 3}},
		Workers: []tally.Worker{{Generation: 2, Slot: 0, Pid: 7, CPU: 1500 * time.Millisecond, Memory: 1 << 30}, {Generation: 2, Slot: 1}},
	}
	in.Rows = append(in.Rows, tally.Row{Kind: tally.Frontend, Proxy: "web", Status: "OPEN", Counts: tally.Counts{counter.Sessions: 5, counter.Responses2xx: 7}})
	for i := range servers {
		in.Rows = append(in.Rows, tally.Row{Kind: tally.Server, Proxy: "web", Server: fmt.Sprint("s", i), Status: "no check", Down: 3})
	}
	if servers > 0 {
		s := &in.Rows[1]
		s.Status, s.Health = "UP 2/3", &tally.Health{Result: "L7OK", Checked: true, Good: true, Layer7: true, Code: 200, Took: 7}
	}
	in.Rows = append(in.Rows, tally.Row{Kind: tally.Backend, Proxy: "web", Status: "DOWN", Averages: tally.Averages{Connect: 1234}})
	in.Generations = make([]tally.Generation, 1)
	return in
}

func text(in *tally.Instance) string {
	var b bytes.Buffer
	Write(&b, in)
	return b.String()
}

func TestSamples(t *testing.T) {
	got := text(instance(2))
	for _, want := range []string{
		"# TYPE haproxy_process_requests_total counter\nhaproxy_process_requests_total 1152921504606846976\n",
		"haproxy_process_start_time_seconds 1700000000\n",
		`haproxy_process_build_info{version="v\"1"} 1` + "\n",
		`haproxy_frontend_status{proxy="web",state="UP"} 1` + "\n",
		`haproxy_frontend_sessions_total{proxy="web"} 5` + "\n",
		`haproxy_frontend_http_responses_total{proxy="web",code="2xx"} 7` + "\n",
		`haproxy_backend_status{proxy="web",state="UP"} 0` + "\n",
		`haproxy_backend_status{proxy="web",state="DOWN"} 1` + "\n",
		`haproxy_backend_connect_time_average_seconds{proxy="web"} 1.234` + "\n",
		`haproxy_server_status{proxy="web",server="s0",state="UP"} 1` + "\n",
		`haproxy_server_status{proxy="web",server="s1",state="UP"} 1` + "\n",
		`haproxy_server_check_status{proxy="web",server="s0",state="L7OK"} 1` + "\n",
		`haproxy_server_check_status{proxy="web",server="s0",state="L4CON"} 0` + "\n",
		`haproxy_server_check_code{proxy="web",server="s0"} 200` + "\n",
		`haproxy_server_check_duration_seconds{proxy="web",server="s0"} 0.007` + "\n",
		`haproxy_server_downtime_seconds_total{proxy="web",server="s1"} 3` + "\n",
		"lbmaster_worker_restarts_total 3\n",
		`lbmaster_worker_up{generation="2",worker="1"} 0` + "\n",
		"lbmaster_generations 1\n",
		"lbmaster_orphaned 0\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	if strings.Contains(got, `check_code{proxy="web",server="s1"`) {
		t.Error("a server that is not checked has the code of a check")
	}
}

// TestFormat: each family is announced once, and its samples follow; no sample comes twice.
func TestFormat(t *testing.T) {
	header := regexp.MustCompile(`^# TYPE ([a-z0-9_]+) (counter|gauge)$`)
	sample := regexp.MustCompile(`^([a-z0-9_]+)(\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+$`)
	families, samples := map[string]bool{}, map[string]bool{}
	family := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(text(instance(3)), "\n"), "\n") {
		if h := header.FindStringSubmatch(line); h != nil {
			family = h[1]
			if families[family] {
				t.Errorf("%s is announced twice", family)
			}
			families[family] = true
			if strings.HasSuffix(family, "_total") != (h[2] == "counter") {
				t.Errorf("%s is a %s", family, h[2])
			}
			continue
		}
		s := sample.FindStringSubmatch(line)
		if s == nil || s[1] != family || samples[s[1]+s[2]] {
			t.Errorf("in the family %s: %s", family, line)
			continue
		}
		samples[s[1]+s[2]] = true
	}
}

// BenchmarkWrite is a scrape of 1,000 servers.
func BenchmarkWrite(b *testing.B) {
	in := instance(1000)
	for i := range in.Rows {
		if in.Rows[i].Kind == tally.Server {
			in.Rows[i].Health = in.Rows[1].Health
		}
	}
	for b.Loop() {
		var out bytes.Buffer
		Write(&out, in)
	}
}
