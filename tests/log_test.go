//go:build linux

package tests

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
)

const httplog = "log_format = \"httplog\"\n"

// What stands before the text of a line is the same for all syslog targets: priority, time, name and process id of the
// worker that has served. A target that wants more important lines only gets none about traffic.
func TestLogHeaders(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	path := filepath.Join(t.TempDir(), "log")
	udp, socket := newSink(t, s.place), startSink(t, "unixgram", path, "unix:"+path)
	all, few := startSink(t, "udp4", s.place.addr(201, 514), s.place.host(201)), startSink(t, "udp4", s.place.addr(202, 5140), s.place.addr(202, 5140))
	s.global = fmt.Sprintf("log = [%q, %q, %q, %q]", udp.addr+" local0 info", socket.addr+" local3 info", all.addr+" daemon", few.addr+" local0 notice")
	s.listen = httplog
	b := s.run(t)
	workers := make(map[int]bool)
	const n = 40
	for i := range n {
		begin := time.Now()
		dial(t, s.place.front()).get(fmt.Sprintf("/%d", i), 200)
		lines := []logLine{udp.next(), socket.next(), all.next()}
		for k, priority := range []int{16*8 + 6, 19*8 + 6, 3*8 + 6} {
			if l := lines[k]; l.priority != priority || l.pid != lines[0].pid || l.text != lines[0].text || !l.at(begin) {
				t.Errorf("target %d got %+v, want priority %d and else the same as %+v", k, l, priority, lines[0])
			}
		}
		workers[lines[0].pid] = true
		if !strings.HasSuffix(lines[0].text, fmt.Sprintf(` "GET /%d HTTP/1.1"`, i)) {
			t.Errorf("request %d: logged %s", i, lines[0].text)
		}
	}
	for pid := range workers {
		if !slices.Contains(b.workers(), pid) {
			t.Errorf("process id %d is none of the workers %v", pid, b.workers())
		}
	}
	for len(few.lines) > 0 {
		if l := <-few.lines; l.severity() == infoLevel {
			t.Errorf("the target for notices got %+v", l)
		}
	}
}

// at tells whether the time is between a moment and now, to the second.
func (l logLine) at(begin time.Time) bool {
	for moment := begin; !moment.After(time.Now().Add(time.Second)); moment = moment.Add(time.Second) {
		if moment.Format(time.Stamp) == l.when {
			return true
		}
	}
	return false
}

// The fields of httplog, one by one, for requests of one connection with pauses that the timers must show.
func TestHTTPLogFields(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	log := newSink(t, s.place)
	s.global, s.listen = log.target(), httplog+insertCookie
	s.run(t)
	for range 3 { // idle connections count as connections
		dial(t, s.place.front()).get("/idle", 200)
		log.http()
	}
	c := dial(t, s.place.front())
	begin := time.Now()
	head := "GET /delay/300?x=\"y HTTP/1.1\r\nHost: h\r\n"
	c.send(head[:20])
	c.silent(200 * time.Millisecond)
	c.send(head[20:] + "\r\n")
	a := c.answer("GET")
	l := log.http()
	if l.client != c.LocalAddr().String() || l.frontend != "web" || l.server != "web/"+a.server() || l.status != 200 {
		t.Errorf("logged %s", l.line)
	}
	if at, err := time.ParseInLocation("02/Jan/2006:15:04:05.000", l.date, time.Local); err != nil || at.Sub(begin).Abs() > settle {
		t.Errorf("logged the time %s for %v", l.date, begin)
	}
	if l.state != "--NI" || l.counts != "4/4/0/0" || l.retries != "0" || l.queues != "0/0" || l.cookies != "- -" || l.headers != "" {
		t.Errorf("logged %s", l.line)
	}
	if l.request != `GET /delay/300?x=#22y HTTP/1.1` {
		t.Errorf("logged the request %s", l.request)
	}
	if n, err := strconv.Atoi(l.bytes); err != nil || n < len(a.body) {
		t.Errorf("logged %s bytes for a body of %d", l.bytes, len(a.body))
	}
	timers := l.times()
	if timers[0] < 190 || timers[1] != 0 || timers[3] < 290 || timers[4] < timers[3] {
		t.Errorf("logged the times %s, want at least 200 for the request, 300 for the response, and the sum in the end", l.timers)
	}
	c.silent(100 * time.Millisecond)
	c.get("/again", 200)
	if l := log.http(); l.times()[0] > l.times()[4] || l.request != "GET /again HTTP/1.1" {
		t.Errorf("logged %s", l.line)
	}
}

// times are the timers in ms.
func (h httpLine) times() (ms [5]int) {
	for i, timer := range strings.Split(h.timers, "/") {
		ms[i], _ = strconv.Atoi(timer)
	}
	return ms
}

// A long request is cut; what is behind it in the line is lost or not, but no other line.
func TestLongRequestsAreCutInTheLog(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	log := newSink(t, s.place)
	s.global, s.listen = log.target(), httplog
	s.run(t)
	c := dial(t, s.place.front())
	c.get("/"+strings.Repeat("x", 5000), 200)
	if l := log.next(); strings.Count(l.text, "x") < 900 || strings.Count(l.text, "x") > 1024 || !strings.Contains(l.text, `"GET /xxx`) {
		t.Errorf("logged %d bytes: %s", len(l.text), l.text)
	}
	c.get("/short", 200)
	if l := log.http(); l.request != "GET /short HTTP/1.1" {
		t.Errorf("logged %s", l.line)
	}
}

// A client that sends nothing leaves no line with dontlognull; one that sends a byte does.
func TestDontLogNull(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	log := newSink(t, s.place)
	s.global, s.listen = log.target(), httplog+"dontlognull = true"
	s.timeout = `{ connect = "5s", client = "30s", server = "30s", http_request = "1s" }`
	s.run(t)
	for range 3 {
		dial(t, s.place.front()).Close()
	}
	reset := dial(t, s.place.front())
	reset.reset()
	idle := dial(t, s.place.front())
	idle.closed()
	some := dial(t, s.place.front())
	some.send("G")
	some.Close()
	if l := log.http(); l.client != some.LocalAddr().String() || l.state != "CR--" {
		t.Errorf("logged %s, want the connection with one byte, from %s", l.line, some.LocalAddr())
	}
	// A connection that ends after its requests leaves no line besides theirs.
	c := dial(t, s.place.front())
	c.get("/1", 200)
	c.get("/2", 200)
	c.Close()
	dial(t, s.place.front()).get("/3", 200)
	for _, want := range []string{"GET /1 HTTP/1.1", "GET /2 HTTP/1.1", "GET /3 HTTP/1.1"} {
		if l := log.http(); l.request != want {
			t.Errorf("logged %s, want %s", l.line, want)
		}
	}
}

// Without a format a line is written when a connection is accepted, and no other.
func TestShortLog(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	log := newSink(t, s.place)
	s.global = log.target()
	s.run(t)
	for range 3 {
		c := dial(t, s.place.front())
		want := fmt.Sprintf("Connect from %s to %s (web/HTTP)", c.LocalAddr(), s.place.front())
		if l := log.next(); l.text != want {
			t.Errorf("logged %s, want %s", l.text, want)
		}
		c.get("/", 200)
		c.get("/", 200)
		c.Close()
	}
}

var tcpForm = regexp.MustCompile(`^(\S+:\d+) \[[^]]+\] web web/webA -?\d+/-?\d+/\d+ (\d+) ([-A-Za-z]{2}) (\d+/\d+/\d+/\d+/\+?\d+) \d+/\d+$`)

// A section may have the format of tcplog although it speaks HTTP.
func TestTCPLogOfHTTP(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	log := newSink(t, s.place)
	s.global, s.listen = log.target(), "log_format = \"tcplog\""
	s.run(t)
	c := dial(t, s.place.front())
	c.get("/", 200)
	m := tcpForm.FindStringSubmatch(log.next().text)
	if m == nil || m[1] != c.LocalAddr().String() || m[3] != "--" {
		t.Errorf("logged %q", m)
	}
}

// A section's own targets stand instead of the global ones.
func TestLogOfASection(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	global, own := newSink(t, s.place), startSink(t, "udp4", s.place.addr(201, 5140), s.place.addr(201, 5140))
	s.global, s.listen = global.target(), httplog
	s.tail = fmt.Sprintf("[listen.own]\nbind = %q\nmode = \"http\"\n%s%s\nserver = [{ name = \"webA\", address = %q }]\n",
		s.place.addr(2, 8080), httplog, own.target(), s.place.server(0))
	s.run(t)
	dial(t, s.place.addr(2, 8080)).get("/own", 200)
	dial(t, s.place.front()).get("/global", 200)
	if l := own.http(); l.request != "GET /own HTTP/1.1" || l.frontend != "own" {
		t.Errorf("the section's target got %s", l.line)
	}
	if l := global.http(); l.request != "GET /global HTTP/1.1" {
		t.Errorf("the global target got %s", l.line)
	}
}

// Lines can go to standard output and standard error.
func TestLogToStandardOutput(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"stdout", "stderr"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 1)
			s.workers = 2
			s.global, s.listen = fmt.Sprintf("log = [%q]", name), httplog
			b := s.run(t)
			for i := range 20 {
				dial(t, s.place.front()).get(fmt.Sprintf("/%d", i), 200)
			}
			out, other := b.Stdout, b.Stderr
			if name == "stderr" {
				out, other = other, out
			}
			for i := range 20 {
				want := fmt.Sprintf("\"GET /%d HTTP/1.1\"\n", i)
				if !soon(func() bool { return out.Has(want) }) || other.Has(want) {
					t.Errorf("%q is missing, or elsewhere", want)
				}
			}
		})
	}
}

// A target that takes nothing costs no client a moment. Lines are dropped, and counted.
func TestLogNeverWaits(t *testing.T) {
	t.Parallel()
	const n = 5000
	s, _ := newSite(t, 1)
	path := filepath.Join(t.TempDir(), "log")
	full := unreadLog(t, path)
	s.global, s.listen = fmt.Sprintf("log = [\"unix:%s local0\"]", path), httplog
	b := s.run(t)
	drain(t, full) // what the master had to say
	c := dial(t, s.place.front())
	for i := range n {
		c.get(fmt.Sprintf("/%d", i), 200)
	}
	counters := b.counters()
	kept, dropped := 0, 0
	counted := func() bool { // a worker logs after it has answered
		kept += drain(t, full)
		dropped = int(b.counted(counters, stats.Row{Kind: stats.Worker}, counter.LogsDropped))
		return kept > 0 && kept+dropped >= n
	}
	if !soon(counted) || kept+dropped != n {
		t.Errorf("%d lines were kept and %d counted as dropped, of %d", kept, dropped, n)
	}
	c.get("/room", 200)
	again := 0
	if !soon(func() bool { again += drain(t, full); return again > 0 }) || again != 1 {
		t.Errorf("%d lines were logged for one request after the queue had been emptied", again)
	}
}

// A target that nobody serves, or that comes back after a while, does no harm.
func TestLogComesBack(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	path := filepath.Join(t.TempDir(), "log")
	s.global = fmt.Sprintf("log = [\"unix:%s local0\", \"%s local0\"]", path, s.place.addr(200, 5140))
	s.listen = httplog
	s.run(t)
	c := dial(t, s.place.front())
	for range 20 {
		c.get("/lost", 200)
	}
	for range 2 {
		udp, socket := newSink(t, s.place), startSink(t, "unixgram", path, path)
		for _, log := range []*sink{udp, socket} {
			found := func() bool {
				c.get("/found", 200)
				return len(log.lines) > 0
			}
			if !soon(found) {
				t.Fatal("nothing is logged although the target is there now")
			}
		}
		udp.close()
		socket.close()
		for range 20 {
			c.get("/lost", 200)
		}
	}
}
