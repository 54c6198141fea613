//go:build linux

package tests

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// withAdmin gives a site an admin socket and /metrics.
func (s *site) withAdmin(t *testing.T) {
	t.Helper()
	s.socket = filepath.Join(t.TempDir(), "admin.sock")
	s.tail += fmt.Sprintf("[admin]\nsocket = %q\nlisten = %q\n", s.socket, s.metrics())
}

func (s *site) metrics() string { return s.place.addr(2, 8404) }

// tell sends one line to an admin socket and returns everything that is answered.
func tell(t *testing.T, socket, line string) string {
	t.Helper()
	answer, err := tryTell(socket, line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return answer
}

func tryTell(socket, line string) (string, error) {
	c, err := net.DialTimeout("unix", socket, settle)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(settle))
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

// stat is a row of show stat, by the names of its columns.
type stat map[string]string

// number is a column as a number, -1 when there is none.
func (s stat) number(column string) int64 {
	n, err := strconv.ParseInt(s[column], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// stats returns show stat by "proxy/service".
func (s *site) stats(t *testing.T) map[string]stat {
	return readStats(t, tell(t, s.socket, "show stat"))
}

func readStats(t *testing.T, text string) map[string]stat {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "# "))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("show stat: %v\n%s", err, text)
	}
	all := make(map[string]stat)
	for _, row := range rows[1:] {
		r := make(stat)
		for i, name := range rows[0] {
			r[name] = row[i]
		}
		all[r["pxname"]+"/"+r["svname"]] = r
	}
	return all
}

// awaitStatus waits until a server has a status in show stat.
func (s *site) awaitStatus(t *testing.T, server, want string) {
	t.Helper()
	if !soon(func() bool { return s.stats(t)[server]["status"] == want }) {
		t.Fatalf("%s is %s, want %s", server, s.stats(t)[server]["status"], want)
	}
}

// What show stat says adds up to what clients and servers have seen, over all workers, and goes on when one is killed.
func TestShowStat(t *testing.T) {
	t.Parallel()
	const n = 200
	s, origins := newSite(t, 2)
	s.workers, s.listen = 4, insertCookie
	s.withAdmin(t)
	b := s.run(t)
	load := func() {
		for range n / 10 {
			c := dial(t, s.place.front())
			for range 10 {
				c.get("/", 200)
			}
			c.Close()
		}
	}
	load()
	check := func(total int64) {
		t.Helper()
		// A worker counts after it has answered.
		if !soon(func() bool {
			return s.stats(t)["web/FRONTEND"].number("bout") > 0 && s.stats(t)["web/FRONTEND"].number("hrsp_2xx") == total
		}) {
			t.Errorf("frontend %v", s.stats(t)["web/FRONTEND"])
		}
		all := s.stats(t)
		front, back := all["web/FRONTEND"], all["web/BACKEND"]
		if front.number("req_tot") != total || front.number("stot") != total/10 || back.number("stot") != total || back.number("cookie") != -1 || back["cookie"] != "SERVERID" {
			t.Errorf("frontend %v\nbackend %v", front, back)
		}
		for i, o := range origins {
			row := all["web/"+o.name]
			if row.number("stot") != o.Stats().Requests || row.number("hrsp_2xx") != o.Stats().Requests || row["status"] != "no check" {
				t.Errorf("server %d saw %d requests, its row is %v", i, o.Stats().Requests, row)
			}
		}
	}
	check(n)
	victim := b.workers()[0]
	b.killWorker(victim)
	replaced(t, b, victim, 4)
	load()
	check(2 * n)
	tell(t, s.socket, "clear counters all")
	if row := s.stats(t)["web/FRONTEND"]; row.number("req_tot") != 0 || row.number("bout") != 0 {
		t.Errorf("after clear counters: %v", row)
	}
	if text := scrape(t, s.metrics()); !strings.Contains(text, fmt.Sprintf("haproxy_frontend_http_requests_total{proxy=\"web\"} %d\n", 2*n)) {
		t.Error("clear counters changed /metrics")
	}
}

// The administrative state, changed at run time, holds for all workers at once.
func TestAdministrativeState(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	s.workers, s.listen = 4, insertCookie
	s.withAdmin(t)
	b := s.run(t)
	shares := func() (a, b int64, cookieA string) {
		before := []int64{origins[0].Stats().Requests, origins[1].Stats().Requests}
		for range 40 {
			dial(t, s.place.front()).get("/", 200)
		}
		known := dial(t, s.place.front())
		known.send("GET / HTTP/1.1\r\nHost: raw\r\nCookie: SERVERID=A\r\n\r\n")
		return origins[0].Stats().Requests - before[0], origins[1].Stats().Requests - before[1], known.answer("GET").server()
	}
	for _, tt := range []struct {
		command, status string
		balanced        bool
		cookie          string
		says            string
	}{
		{"set server web/webA state drain", "DRAIN", false, "webA", "Server web/webA enters drain state. 1 active and 0 backup servers online."},
		{"set server web/webA state maint", "MAINT", false, "webB", "Server web/webA is going DOWN for maintenance. 1 active"},
		{"set server web/webA state ready", "no check", true, "webA", "Server web/webA is UP/READY (leaving forced maintenance)."},
		{"disable server web/webA", "MAINT", false, "webB", "Server web/webA is going DOWN"},
		{"enable server web/webA", "no check", true, "webA", "Server web/webA is UP/READY"},
		{"set server web/webA weight 0", "no check", false, "webA", ""},
		{"set weight web/webA 100%", "no check", true, "webA", ""},
	} {
		b.Stderr.Forget()
		if answer := tell(t, s.socket, tt.command); answer != "\n" {
			t.Errorf("%s: %q", tt.command, answer)
		}
		a, other, cookie := shares()
		if status := s.stats(t)["web/webA"]["status"]; (a > 1) != tt.balanced || other == 0 || cookie != tt.cookie || status != tt.status {
			t.Errorf("after %q: %d and %d requests, cookie goes to %s, status %s", tt.command, a, other, cookie, status)
		}
		if tt.says != "" {
			b.says(tt.says)
		}
	}
	if answer := tell(t, s.socket, "set server web/webA weight 3;get weight web/webA"); answer != "\n3 (initial 1)\n\n" {
		t.Errorf("get weight: %q", answer)
	}
}

// A server can be reached elsewhere from now on: by all workers, and by its checks.
func TestServerMoves(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 1)
	s.workers = 4
	s.servers[0].extra += "\n" + checked(50*time.Millisecond, "")
	s.withAdmin(t)
	b := s.run(t)
	s.awaitStatus(t, "web/webA", "UP")
	other := startOrigin(t, "other", s.place.addr(12, 9000))
	clients := []*raw{dial(t, s.place.front()), dial(t, s.place.front()), dial(t, s.place.front())}
	for _, c := range clients {
		c.get("/", 200)
	}
	host, _, _ := net.SplitHostPort(other.addr)
	want := fmt.Sprintf("IP changed from '%s' to '%s', port changed from '8000' to '9000' by 'stats socket command'\n\n", s.place.host(11), host)
	if got := tell(t, s.socket, "set server web/webA addr "+host+" port 9000"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	origins[0].Close() // its checks, too, go elsewhere
	for range 3 {
		for _, c := range clients {
			if a := c.get("/", 200); a.server() != "other" {
				t.Errorf("the request went to %s", a.server())
			}
		}
		clients = append(clients, dial(t, s.place.front()))
	}
	b.killMonitor(b.monitor()) // the next one knows the address
	n := other.Stats().Connections
	if !soon(func() bool { return other.Stats().Connections > n+3 }) {
		t.Error("the new address is not checked")
	}
	if row := s.stats(t)["web/webA"]; row["status"] != "UP" || row["addr"] != other.addr {
		t.Errorf("%v", row)
	}
}

// States that were set by hand survive the monitor, too.
func TestAdministrativeStateSurvives(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.servers[1].extra += "\n" + checked(50*time.Millisecond, "")
	s.withAdmin(t)
	b := s.run(t)
	tell(t, s.socket, "set server web/webA state drain;set server web/webB weight 7;set server web/webB state maint")
	victim := b.monitor()
	b.killMonitor(victim)
	all := s.stats(t)
	if all["web/webA"]["status"] != "DRAIN" || all["web/webB"]["status"] != "MAINT" || all["web/webB"]["weight"] != "7" || all["web/webB"].number("chkdown") != 1 {
		t.Errorf("after the monitor died: %v\n%v", all["web/webA"], all["web/webB"])
	}
	tell(t, s.socket, "set server web/webB state ready")
	s.awaitStatus(t, "web/webB", "UP")
	if n := strings.Count(scrape(t, s.metrics()), "lbmaster_monitor_restarts_total 1\n"); n != 1 {
		t.Error("the restart is not counted")
	}
}

// show workers tells which processes there are.
func TestShowWorkers(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	b := s.run(t)
	client := dial(t, s.place.front())
	client.get("/", 200)
	rows := func() (pids []int, connections, restarts int) {
		for i, line := range strings.Split(strings.TrimSpace(tell(t, s.socket, "show workers")), "\n") {
			var slot, pid, generation, since, conns, requests, memory, deaths int
			var state string
			var cpu float64
			if i == 0 {
				continue
			}
			if _, err := fmt.Sscan(line, &slot, &pid, &generation, &state, &since, &conns, &requests, &cpu, &memory, &deaths); err != nil || slot != i-1 {
				t.Fatalf("%q: %v", line, err)
			}
			if state == "active" && memory > 1<<20 {
				pids = append(pids, pid)
			}
			connections, restarts = connections+conns, restarts+deaths
		}
		return pids, connections, restarts
	}
	agree := func(want int) func() bool {
		return func() bool {
			pids, _, restarts := rows()
			return fmt.Sprint(pids) == fmt.Sprint(b.workers()) && restarts == want
		}
	}
	if !soon(agree(0)) {
		t.Errorf("workers %v:\n%s", b.workers(), tell(t, s.socket, "show workers"))
	}
	if _, n, _ := rows(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	victim := b.workers()[1]
	b.killWorker(victim)
	replaced(t, b, victim, 2)
	if !soon(func() bool { _, _, n := rows(); return n == 1 && len(b.workers()) == 2 }) {
		t.Errorf("the death of a worker is not told:\n%s", tell(t, s.socket, "show workers"))
	}
	if text := tell(t, s.socket, "show generations"); !strings.Contains(text, "\n1 active ") {
		t.Errorf("show generations: %q", text)
	}
}

// The socket is for whoever has started lbmaster, takes a conversation, and does not last longer than lbmaster.
func TestAdminSocket(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	b := s.run(t)
	wantMode(t, s.socket, 0o600)
	c, err := net.DialTimeout("unix", s.socket, settle)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(settle))
	r := bufio.NewReader(c)
	for _, tt := range []struct{ line, want string }{
		{"prompt", "\n> "},
		{"show version;get weight web/webA", "\n> 1 (initial 1)\n\n> "},
		{"set server web/none state ready", "No such server.\n\n> "},
		{"set server none/webA state ready", "No such backend.\n\n> "},
		{"show stat none 1 1", "No such proxy.\n\n> "},
		{"show servers state none", "Can't find backend.\n\n> "},
	} {
		io.WriteString(c, tt.line+"\n")
		got := ""
		for !strings.HasSuffix(got, tt.want) {
			part, err := r.ReadString('>')
			if err != nil {
				t.Fatalf("%s: %q, %v", tt.line, got+part, err)
			}
			blank, _ := r.ReadByte()
			got += part + string(blank)
		}
	}
	io.WriteString(c, "quit\n")
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("after quit: %q, %v", rest, err)
	}
	b.signal(15)
	b.exits(settle, 0)
	if _, err := net.Dial("unix", s.socket); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("the socket after the end: %v", err)
	}
}

// Clients that flood the interfaces, or are slow, keep no check from being made.
func TestFloodDoesNotStarveChecks(t *testing.T) {
	t.Parallel()
	const inter = 200 * time.Millisecond
	s, _ := newSite(t, 1)
	checks := countArrivals(t, s.place.server(1))
	s.servers = append(s.servers, target{"webB", s.place.server(1), checked(inter, "")})
	s.withAdmin(t)
	s.run(t)
	// Slow ones connect and say nothing.
	for range 40 {
		for _, network := range []string{"unix", "tcp"} {
			addr := map[string]string{"unix": s.socket, "tcp": s.metrics()}[network]
			if c, err := net.DialTimeout(network, addr, settle); err == nil {
				defer c.Close()
				io.WriteString(c, "GET /metr")
			}
		}
	}
	for i := range 8 {
		go func() {
			for range 200 {
				if i%2 == 0 {
					_, _ = tryTell(s.socket, strings.Repeat("show stat;", 20))
				} else {
					_, _ = tryScrape(s.metrics())
				}
			}
		}()
	}
	if !soon(func() bool { return len(checks.times()) > 0 }) {
		t.Fatal("no check")
	}
	if !soon(func() bool { at := checks.times(); return time.Since(at[0]) > 15*inter }) {
		t.Fatal("time stands still")
	}
	at := checks.times()
	got, want := len(at), int(at[len(at)-1].Sub(at[0])/inter)
	t.Logf("%d checks in %v under a flood", got, at[len(at)-1].Sub(at[0]).Round(time.Millisecond))
	if got < want/2 { // a busy machine may be late with some
		t.Errorf("%d checks, want %d", got, want)
	}
}

// lbctl does what its socket can, in words of people, with exit statuses for scripts.
func TestLbctl(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.servers = append(s.servers, target{"webC", s.place.server(2), checked(50*time.Millisecond, "")})
	s.withAdmin(t)
	s.run(t)
	lbctl := filepath.Join(t.TempDir(), "lbctl")
	if err := compile(lbctl, "lbmaster/cmd/lbctl"); err != nil {
		t.Fatal(err)
	}
	call := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command(lbctl, append([]string{"-s", s.socket}, args...)...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("lbctl %s: exit status %d, want %d: %s", args, got, want, out)
		}
		return string(out)
	}
	s.awaitStatus(t, "web/webC", "DOWN")
	for args, want := range map[string]string{
		"status":      "web    webC      DOWN",
		"workers":     "SLOT  PID",
		"generations": "GENERATION  STATE   AGE",
		"info":        "Name: lbmaster\n",
		"raw help":    "show servers state",
	} {
		if out := call(0, strings.Fields(args)...); !strings.Contains(out, want) {
			t.Errorf("lbctl %s: %s", args, out)
		}
	}
	if out := call(0, "server", "drain", "web/webA"); out != "web/webA: DRAIN, weight 1, "+s.place.server(0)+"\n" {
		t.Errorf("drain: %s", out)
	}
	if out := call(1, "server", "drain", "web/webX"); out != "lbctl: No such server.\n" {
		t.Errorf("drain of nobody: %s", out)
	}
	call(0, "server", "maint", "web/webB")
	if out := call(4, "status", "--json"); !strings.Contains(out, `"status": "MAINT"`) {
		t.Errorf("status: %s", out)
	}
	screen := onTerminal(t, lbctl, "-s", s.socket, "top")
	if !soon(func() bool {
		return strings.Count(screen.String(), "lbmaster, ") >= 2 && screen.Has("web    webB      MAINT")
	}) {
		t.Errorf("top: %q", screen.String())
	}
	s.socket += "x"
	call(3, "status")
	call(2, "nonsense")
}

// The monitor, too, becomes the user in the directory; and still it checks, answers, and knows what the workers use.
func TestMonitorGivesUpPrivileges(t *testing.T) {
	asRoot(t)
	t.Parallel()
	jail := t.TempDir()
	if err := os.Chmod(jail, 0o555); err != nil {
		t.Fatal(err)
	}
	s, _ := newSite(t, 1)
	s.servers[0].extra += "\n" + checked(50*time.Millisecond, "")
	s.servers = append(s.servers, target{"webB", s.place.server(1), checked(50*time.Millisecond, "")})
	s.global = fmt.Sprintf("user = \"nobody\"\nchroot = %q", jail)
	s.withAdmin(t)
	b := s.run(t)
	for range 2 {
		s.awaitStatus(t, "web/webA", "UP")
		s.awaitStatus(t, "web/webB", "DOWN")
		is := statusOf(t, fmt.Sprintf("/proc/%d/status", b.monitor()))
		gid, _, _ := strings.Cut(is["Gid"], " ")
		wantStatus(t, b.monitor(), jailed(nobody, gid, gid))
		if root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", b.monitor())); err != nil || root != jail {
			t.Errorf("the root of the monitor is %q, %v", root, err)
		}
		values, _ := samples(t, scrape(t, s.metrics()))
		if v := values[`lbmaster_worker_resident_memory_bytes{generation="1",worker="0"}`]; v < 1<<20 {
			t.Errorf("the worker has %v bytes", v)
		}
		wantMode(t, s.socket, 0o600)
		b.killMonitor(b.monitor())
	}
}
