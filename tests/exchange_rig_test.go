//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// tableSettings are what rows can ask for with "with", in the languages of both: of the section and of its server.
var tableSettings = map[string]struct{ section, server, theirSection, theirServer string }{
	"httpclose":      {section: "httpclose = true", theirSection: "option httpclose"},
	"cookie":         {section: insertCookie, server: cookieOf("A"), theirSection: "cookie SERVERID insert indirect", theirServer: "cookie A"},
	"server-timeout": {section: `timeout = { server = "1s" }`, theirSection: "timeout server 1s"},
	"client-timeout": {section: `timeout = { client = "1s" }`, theirSection: "timeout client 1s"},
	"head-timeout":   {section: `timeout = { http_request = "1s" }`, theirSection: "timeout http-request 1s"},
	"client-first":   {section: `timeout = { client = "1s", server = "4s" }`, theirSection: "timeout client 1s\n timeout server 4s"},
	"tolerant":       {section: "accept_invalid_responses = true", theirSection: "option accept-invalid-http-response"},
	"large-heads":    {section: `max_header = "64k"`, theirSection: "# tune.bufsize is for the whole instance"},
	// Nobody is at the server's address.
	"nobody": {section: "retries = 1\ntimeout = { connect = \"100ms\" }", theirSection: "retries 1\n timeout connect 100"},
}

// tableProxy is one of the two, with a section for each row of a file.
type tableProxy struct {
	t      *testing.T
	place  place
	host   int // ourHost or theirHost
	rows   []*tableRow
	log    *tableLog
	reload func() error
	barrier
}

// barrier makes all rows with an upgrade meet, so that there is one upgrade for all.
type barrier struct {
	missing sync.WaitGroup
	once    sync.Once
	err     error
}

// The two listen on these hosts, have their servers on the tenth behind them, and log to the twentieth.
const ourHost, theirHost = 1, 101

func (x *tableProxy) front(i int) string  { return x.place.addr(x.host, 9000+i) }
func (x *tableProxy) server(i int) string { return x.place.addr(x.host+10, 9000+i) }

func newTableProxy(t *testing.T, p place, host int, rows []*tableRow) *tableProxy {
	t.Helper()
	x := &tableProxy{t: t, place: p, host: host, rows: rows, log: newTableLog(t, p.addr(host+20, 5140))}
	for _, row := range rows {
		if row.upgrades() {
			x.missing.Add(1)
		}
	}
	return x
}

func (row *tableRow) upgrades() bool {
	return slices.ContainsFunc(row.script, func(s tableStep) bool { return s.who == "" })
}

func (row *tableRow) has(setting string) bool {
	return slices.Contains(row.with, setting)
}

// timed tells whether a time-out of the row's is short.
func (row *tableRow) timed() bool {
	return slices.ContainsFunc(row.with, func(s string) bool { return strings.HasSuffix(s, "-timeout") || s == "client-first" })
}

// startOurs runs lbmaster.
func (x *tableProxy) startOurs() {
	var b strings.Builder
	fmt.Fprintf(&b, "[global]\nworkers = 1\nlog = [%q]\n[defaults]\nmode = \"http\"\nlog_format = \"httplog\"\n", x.log.addr+" local0 info")
	fmt.Fprintf(&b, "timeout = %s\n", `{ connect = "1m", client = "10m", server = "10m" }`)
	for i, row := range x.rows {
		fmt.Fprintf(&b, "[listen.x%d]\nbind = %q\n", i, x.front(i))
		server := ""
		for _, s := range row.with {
			b.WriteString(tableSettings[s].section + "\n")
			server += tableSettings[s].server + "\n"
		}
		fmt.Fprintf(&b, "[[listen.x%d.server]]\nname = \"a\"\naddress = %q\n%s\n", i, x.server(i), server)
	}
	lb := launch(x.t, x.place, b.String())
	lb.awaitReady()
	d := instanceOf(x.t, lb)
	x.reload = func() error {
		before := d.master
		if err := rig.Kill(before, syscall.SIGUSR2); err != nil {
			return err
		}
		if !rig.Until(fatal, func() bool {
			m := d.masters()
			return len(m) == 1 && m[0] != before
		}) {
			return fmt.Errorf("no upgrade:\n%s", d.Said())
		}
		d.master = d.masters()[0]
		return nil
	}
}

// startTheirs runs HAProxy, which may use any idle connection to a server, as lbmaster does.
func (x *tableProxy) startTheirs() {
	var b strings.Builder
	fmt.Fprintf(&b, "global\n maxconn 2000\n nbthread 1\n log %s local0\n", x.log.addr)
	b.WriteString("defaults\n log global\n mode http\n option httplog\n http-reuse always\n timeout connect 1m\n timeout client 10m\n timeout server 10m\n")
	for i, row := range x.rows {
		fmt.Fprintf(&b, "listen x%d\n bind %s\n", i, x.front(i))
		server := ""
		for _, s := range row.with {
			b.WriteString(" " + tableSettings[s].theirSection + "\n")
			server += " " + tableSettings[s].theirServer
		}
		fmt.Fprintf(&b, " server a %s pool-purge-delay 10m%s\n", x.server(i), server)
	}
	file := filepath.Join(x.t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		x.t.Fatal(err)
	}
	p, err := rig.Start("haproxy", []string{program(x.t, "haproxy"), "-W", "-db", "-f", file})
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { stopPeer(x.t, p) })
	loaded := func(n int) bool { return strings.Count(p.Stderr.String(), "Loading success") >= n }
	if err := p.Ready(rig.Patience, func() bool { return loaded(1) }); err != nil {
		x.t.Fatal(err)
	}
	x.reload = func() error {
		// A signal that comes while its master is not ready yet is lost.
		rig.Until(fatal, func() bool {
			_ = p.Signal(syscall.SIGUSR2)
			return rig.Until(settle/4, func() bool { return p.Stderr.Has("Reloading HAProxy") })
		})
		// The new process tells the old one to go, which then says so of each section.
		gone := func() bool { return strings.Count(p.Stderr.String(), " stopped (") >= len(x.rows) }
		if !rig.Until(fatal, func() bool { return loaded(2) && gone() }) {
			return fmt.Errorf("no reload:\n%s", p.Said())
		}
		return nil
	}
}

// play plays row i. Where something else is seen than should be, it is played again if that can come from a machine that was too slow
// for a time-out: of the row's own, or of connections to servers, which lbmaster closes when they have been idle for 4 s.
func (x *tableProxy) play(i int) (see sight, err error) {
	row := x.rows[i]
	for range 5 {
		begin := time.Now()
		see, err = x.playOnce(i)
		slow := row.timed() || time.Since(begin) > 3*time.Second
		if *update || row.upgrades() || !slow || err == nil && x.expected(row, see) {
			break
		}
		x.t.Logf("%s: once more, after %v on host %d: %q, %v", row.name, time.Since(begin).Round(time.Millisecond), x.host, see, err)
	}
	return see, err
}

// expected tells whether a row says that this is seen.
func (x *tableProxy) expected(row *tableRow, see sight) bool {
	return !slices.ContainsFunc(aspects, func(aspect string) bool {
		if x.host == ourHost {
			return !slices.Equal(orNothing(see[aspect]), row.want[aspect])
		}
		return !same(aspect, see[aspect], row.hers(aspect))
	})
}

func (x *tableProxy) playOnce(i int) (see sight, err error) {
	row := x.rows[i]
	name, lines := fmt.Sprintf("x%d ", i), x.lines(row)
	p := &tablePlay{row: row, addr: x.front(i)}
	p.logged = func() { x.log.await(name+p.from(), lines) }
	arrive := sync.OnceFunc(func() {
		if row.upgrades() {
			x.missing.Done()
		}
	})
	defer arrive() // the others must not wait for a row that has failed
	p.upgrade = func() error {
		arrive()
		x.missing.Wait()
		x.once.Do(func() { x.err = x.reload() })
		return x.err
	}
	if !row.has("nobody") {
		l, err := net.Listen("tcp", x.server(i))
		if err != nil {
			return nil, err
		}
		p.listener = l.(*net.TCPListener)
	}
	defer p.leave()
	see, err = p.perform()
	if err == nil {
		// Lines come in the order in which a worker has written them: behind this one there are none.
		var last string
		last, err = askOnce(x.front(i), probeHead+"/last")
		x.log.await(name+last, 1)
		x.log.await(name+p.from(), lines)
		see["log"] = x.log.of(name + p.from())
	}
	return see, err
}

// lines is how many lines a row is known to make the proxy log; -1: nobody knows.
func (x *tableProxy) lines(row *tableRow) int {
	lines := row.want["log"]
	if x.host != ourHost {
		lines = row.hers("log")
	}
	switch {
	case len(lines) == 0:
		return -1
	case lines[0] == "nothing":
		return 0
	}
	return len(lines)
}

// tableLog collects log lines by section and client.
type tableLog struct {
	addr  string
	mu    sync.Mutex
	lines map[string][]httpLine // guarded by mu
}

var behindHeader = regexp.MustCompile(`^<\d+>.*?\[\d+\]: (.*?)\n?$`)

func newTableLog(t *testing.T, addr string) *tableLog {
	t.Helper()
	c, err := net.ListenPacket("udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.UDPConn).SetReadBuffer(4 << 20)
	l := &tableLog{addr: addr, lines: make(map[string][]httpLine)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if m := behindHeader.FindSubmatch(buf[:n]); m != nil {
				l.add(string(m[1]))
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return l
}

func (l *tableLog) add(text string) {
	h, ok := parseHTTPLine(text)
	if !ok {
		return // about the processes
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := h.frontend + " " + h.client // two clients of different sections may have the same port
	l.lines[key] = append(l.lines[key], h)
}

// await waits for as many lines about a client as there should be. When nobody knows how many that are, it waits for one, and not for
// long.
func (l *tableLog) await(client string, lines int) {
	limit := fatal
	if lines < 0 || *update {
		limit, lines = settle/2, max(1, lines)
	}
	rig.Until(limit, func() bool { return len(l.of(client)) >= lines })
}

// of tells what is logged about a client, but for probes.
func (l *tableLog) of(client string) (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.lines[client] {
		if strings.HasPrefix(h.request, probeHead+" ") {
			continue
		}
		_, server, _ := strings.Cut(h.server, "/")
		line := fmt.Sprintf("%d %s %s %s", h.status, h.state, h.signs(), server)
		if h.retries != "0" {
			line += " retries " + h.retries
		}
		if h.request == "<BADREQ>" {
			line += " <BADREQ>"
		}
		all = append(all, line)
	}
	return all
}
