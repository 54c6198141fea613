//go:build linux

package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// scrape reads /metrics.
func scrape(t *testing.T, addr string) string {
	t.Helper()
	text, err := tryScrape(addr)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func tryScrape(addr string) (string, error) {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: settle}
	a, err := tryFetch(c, "http://"+addr+"/metrics")
	if err == nil && (a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain")) {
		err = fmt.Errorf("status %d, %s", a.StatusCode, a.Header)
	}
	return a.body, err
}

// samples are the values of a scrape by their names with labels, and the types of the families.
func samples(t *testing.T, text string) (values map[string]float64, types map[string]string) {
	t.Helper()
	values, types = make(map[string]float64), make(map[string]string)
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "# TYPE ") {
			types[words[2]] = words[3]
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		v, err := strconv.ParseFloat(words[len(words)-1], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		values[strings.Join(words[:len(words)-1], " ")] = v
	}
	return values, types
}

// Counters never go back, whoever dies.
func TestCountersNeverGoBack(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers = 2
	s.servers[0].extra = checked(50*time.Millisecond, "")
	s.servers = append(s.servers, target{"webC", s.place.server(2), checked(50*time.Millisecond, "")})
	s.withAdmin(t)
	b := s.run(t)
	s.awaitStatus(t, "web/webC", "DOWN")
	h := startHammer(t, s.place.front(), 4, "/")
	before := map[string]float64{}
	grew := 0
	for round := range 12 {
		h.progress(t, 100)
		switch round {
		case 2, 5:
			b.killMonitor(b.monitor())
		case 3, 7:
			victim := b.workers()[0]
			b.killWorker(victim)
			replaced(t, b, victim, 2)
		case 9:
			tell(t, s.socket, "clear counters all")
		}
		values, types := samples(t, scrape(t, s.metrics()))
		for name, v := range values {
			family, _, _ := strings.Cut(name, "{")
			if types[family] == "counter" && v < before[name] {
				t.Errorf("round %d: %s went from %v to %v", round, name, before[name], v)
			}
			if v > before[name] {
				grew++
			}
		}
		for name := range before {
			family, _, _ := strings.Cut(name, "{")
			if _, there := values[name]; !there && types[family] == "counter" {
				t.Errorf("round %d: %s is gone", round, name)
			}
		}
		before = values
	}
	h.end()
	if grew < 100 {
		t.Errorf("only %d samples grew", grew)
	}
}

// killMonitor kills the monitor and waits for the next one.
func (b *balancer) killMonitor(victim int) {
	b.t.Helper()
	if err := rig.Kill(victim, 9); err != nil {
		b.t.Fatal(err)
	}
	if !soon(func() bool { pid := b.monitor(); return pid != 0 && pid != victim }) {
		b.t.Fatal("the monitor is not replaced")
	}
}

// Our names, labels and types are those of HAProxy, so that its dashboards show us.
func TestMetricsAreHAProxys(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.servers[0].extra = checked(50*time.Millisecond, "")
	s.listen = `httpchk = "HEAD / HTTP/1.0"`
	s.withAdmin(t)
	s.run(t)
	s.awaitStatus(t, "web/webA", "UP")
	ours, ourTypes := samples(t, scrape(t, s.metrics()))
	theirs, theirTypes := samples(t, scrapeRival(t, &s))
	unlike := 0
	for name, kind := range ourTypes {
		if !strings.HasPrefix(name, "lbmaster_") && theirTypes[name] != kind {
			t.Errorf("%s is a %s here, and there a %q", name, kind, theirTypes[name])
		}
	}
	for name := range ours {
		if strings.HasPrefix(name, "haproxy_") && !strings.HasPrefix(name, "haproxy_process_build_info") {
			if _, ok := theirs[name]; !ok {
				t.Errorf("HAProxy has no sample %s", name)
			}
		} else {
			unlike++
		}
	}
	t.Logf("%d families, %d samples, %d of our own; HAProxy has %d families", len(ourTypes), len(ours), unlike, len(theirTypes))
	for _, name := range dashboard {
		if _, ok := ourTypes[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

// dashboard is what common dashboards show.
var dashboard = strings.Fields(`
	haproxy_process_nbproc haproxy_process_relative_process_id haproxy_process_uptime_seconds haproxy_process_max_connections
	haproxy_process_current_connections haproxy_process_connections_total haproxy_process_requests_total haproxy_process_jobs
	haproxy_process_listeners haproxy_process_stopping haproxy_process_start_time_seconds haproxy_process_build_info
	haproxy_frontend_status haproxy_frontend_current_sessions haproxy_frontend_max_sessions haproxy_frontend_limit_sessions
	haproxy_frontend_sessions_total haproxy_frontend_bytes_in_total haproxy_frontend_bytes_out_total haproxy_frontend_http_requests_total
	haproxy_frontend_http_responses_total haproxy_frontend_requests_denied_total haproxy_frontend_request_errors_total
	haproxy_frontend_connections_total haproxy_backend_status haproxy_backend_current_queue haproxy_backend_max_queue
	haproxy_backend_current_sessions haproxy_backend_sessions_total haproxy_backend_active_servers haproxy_backend_backup_servers
	haproxy_backend_connection_errors_total haproxy_backend_response_errors_total haproxy_backend_retry_warnings_total
	haproxy_backend_redispatch_warnings_total haproxy_backend_check_up_down_total haproxy_backend_downtime_seconds_total
	haproxy_backend_http_responses_total haproxy_backend_queue_time_average_seconds haproxy_backend_connect_time_average_seconds
	haproxy_backend_response_time_average_seconds haproxy_backend_total_time_average_seconds haproxy_server_status
	haproxy_server_check_status haproxy_server_check_failures_total haproxy_server_check_duration_seconds haproxy_server_weight
	haproxy_server_idle_connections_current haproxy_server_current_sessions haproxy_server_bytes_in_total haproxy_server_bytes_out_total
	lbmaster_worker_up lbmaster_worker_restarts_total lbmaster_monitor_restarts_total lbmaster_generations`)

// scrapeRival runs HAProxy with the same names and returns its /metrics.
func scrapeRival(t *testing.T, s *site) string {
	t.Helper()
	addr := s.place.addr(30, 8404)
	conf := fmt.Sprintf(`defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend metrics
  bind %s
  http-request use-service prometheus-exporter
listen web
  bind %s
  option httpchk HEAD / HTTP/1.0
  server webA %s check inter 50
  server webB %s
`, addr, s.place.addr(30, 8080), s.place.server(0), s.place.server(1))
	p, err := rig.StartHAProxy(program(t, "haproxy"), t.TempDir(), conf, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, p) })
	text := ""
	if !soon(func() bool {
		text = scrape(t, addr)
		return strings.Contains(text, "haproxy_server_check_duration_seconds{")
	}) {
		t.Error("HAProxy has checked nothing")
	}
	return text
}

// A scrape of 1,000 servers with 8 workers takes less than 50 ms of processor time, and the checks go on meanwhile.
func TestLargeScrape(t *testing.T) {
	t.Parallel()
	s := site{place: newPlace(t), workers: 8}
	for i := range 1000 {
		s.servers = append(s.servers, target{fmt.Sprint("server", i), s.place.server(i % 100), checked(20*time.Second, "")})
	}
	s.withAdmin(t)
	b := s.run(t)
	scrape(t, s.metrics())
	const scrapes = 15
	before := rig.ReadCPU(b.monitor())
	for range scrapes {
		text := scrape(t, s.metrics())
		if n := strings.Count(text, "\nhaproxy_server_status{"); n != 5000 {
			t.Fatalf("%d states of servers", n)
		}
	}
	each := rig.ReadCPU(b.monitor()).Sub(before).Total() / scrapes
	t.Logf("%v of processor time each", each)
	if each > 50*time.Millisecond {
		t.Errorf("a scrape takes %v of processor time", each)
	}
	if n := strings.Count(tell(t, s.socket, "show stat"), "\n"); n != 1004 {
		t.Errorf("show stat has %d lines", n)
	}
	var rows []any
	text := tell(t, s.socket, "show stat json")
	if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1002 {
		t.Errorf("show stat json: %d rows in %d bytes, %v", len(rows), len(text), err)
	}
	if n := len(b.workers()); n != 8 {
		t.Errorf("%d workers", n)
	}
}

// /metrics answers nothing else.
func TestMetricsOnly(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	s.run(t)
	for request, want := range map[string]string{
		"GET /metrics HTTP/1.0\r\n\r\n":               "200",
		"GET / HTTP/1.0\r\n\r\n":                      "404",
		"POST /metrics HTTP/1.0\r\n\r\n":              "405",
		"GET /metrics/../etc/passwd HTTP/1.0\r\n\r\n": "",
		"nonsense\r\n\r\n":                            "400",
		"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n": "431",
	} {
		c, err := net.DialTimeout("tcp", s.metrics(), settle)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(settle))
		io.WriteString(c, request)
		line, _ := bufio.NewReader(c).ReadString('\n')
		if fields := strings.Fields(line); len(fields) < 2 || want != "" && fields[1] != want || want == "" && fields[1] == "200" {
			t.Errorf("%.40q: %q, want %s", request, line, want)
		}
		c.Close()
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want mode %v", filepath.Base(path), st.Mode(), err, want)
	}
}
