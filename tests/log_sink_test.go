//go:build linux

package tests

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// sink is a log server. It keeps what it gets until the test asks for it.
type sink struct {
	t     *testing.T
	addr  string // as a log target has it, without facility and level
	lines chan logLine
	over  chan struct{} // closed when nobody wants the lines any more
	close func()        // may be called again
}

// logLine is one datagram.
type logLine struct {
	priority int
	when     string // "Nov 24 21:36:13"
	pid      int
	text     string
}

// severity is what a priority says besides the facility (RFC 3164 section 4.1.1). Traffic has that of infoLevel.
func (l logLine) severity() int { return l.priority % 8 }

const infoLevel = 6

// newSink starts a log server on a UDP port of the place.
func newSink(t *testing.T, p place) *sink {
	t.Helper()
	return startSink(t, "udp4", p.addr(200, 5140), p.addr(200, 5140))
}

func startSink(t *testing.T, network, addr, target string) *sink {
	t.Helper()
	if network == "unixgram" {
		_ = os.Remove(addr) // what an earlier one has left
	}
	c, err := net.ListenPacket(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{t: t, addr: target, lines: make(chan logLine, 10_000), over: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.collect(c)
	}()
	s.close = sync.OnceFunc(func() {
		close(s.over)
		c.Close()
		<-done
	})
	t.Cleanup(s.close)
	return s
}

// unreadLog is a log server on a unix socket that does not read.
func unreadLog(t *testing.T, path string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// drain counts what waits in the queue of a log server that does not read.
func drain(t *testing.T, c net.PacketConn) int {
	t.Helper()
	buf := make([]byte, 64<<10)
	for n := 0; ; n++ {
		if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadFrom(buf); err != nil {
			return n
		}
	}
}

func (s *sink) collect(c net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		l, err := parseDatagram(string(buf[:n]))
		if err != nil {
			s.t.Error(err)
		}
		select {
		case s.lines <- l:
		case <-s.over:
			return
		}
	}
}

var datagram = regexp.MustCompile(`^<(\d{1,3})>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?:lbmaster|haproxy)\[(\d+)\]: ([^\n]+)\n?$`)

func parseDatagram(text string) (logLine, error) {
	m := datagram.FindStringSubmatch(text)
	if m == nil {
		return logLine{text: text}, fmt.Errorf("the log got %q", text)
	}
	priority, err1 := strconv.Atoi(m[1])
	pid, err2 := strconv.Atoi(m[3])
	if err1 != nil || err2 != nil {
		return logLine{text: text}, fmt.Errorf("the log got %q", text)
	}
	return logLine{priority, m[2], pid, m[4]}, nil
}

// target is the sink as a line of a configuration has it.
func (s *sink) target() string { return fmt.Sprintf("log = [%q]", s.addr+" local0 info") }

// next waits for the next line about traffic.
func (s *sink) next() logLine {
	s.t.Helper()
	limit := time.After(settle)
	for {
		select {
		case l := <-s.lines:
			if l.severity() == infoLevel {
				return l
			}
		case <-limit:
			s.t.Fatal("nothing was logged")
		}
	}
}

// http waits for the next line about traffic, which must have the form of httplog, if it is none that explains the one before.
func (s *sink) http() httpLine {
	s.t.Helper()
	l := s.next()
	for strings.HasPrefix(l.text, "Bad request: ") || strings.HasPrefix(l.text, "Bad response: ") {
		l = s.next()
	}
	h, ok := parseHTTPLine(l.text)
	if !ok {
		s.t.Fatalf("%q is no line of httplog", l.text)
	}
	h.pid = l.pid
	return h
}

// httpLine is a line of httplog.
type httpLine struct {
	line     string
	pid      int
	client   string
	date     string
	frontend string
	server   string // BACKEND/SERVER
	timers   string // TR/Tw/Tc/Tr/Ta
	status   int
	bytes    string
	cookies  string // the captured ones, of request and response
	state    string // the termination state, four letters
	counts   string // of connections: actconn/feconn/beconn/srvconn
	retries  string // with its sign
	queues   string
	headers  string // the captured ones, with their braces
	request  string
}

var httpForm = regexp.MustCompile(`^(\S+:\d+) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] (\S+) (\S+) ` +
	`(-?\d+/-?\d+/-?\d+/-?\d+/\+?\d+) (-?\d+) (\+?\d+) (\S+ \S+) ([-A-Za-z]{4}) ` +
	`(\d+/\d+/\d+/\d+)/(\+?\d+) (\d+/\d+) ((?:\{[^}]*\} )*)"([^"]*)"$`)

func parseHTTPLine(text string) (httpLine, bool) {
	m := httpForm.FindStringSubmatch(text)
	if m == nil {
		return httpLine{line: text}, false
	}
	status, err := strconv.Atoi(m[6])
	return httpLine{
		line: text, client: m[1], date: m[2], frontend: m[3], server: m[4], timers: m[5], status: status, bytes: m[7],
		cookies: m[8], state: m[9], counts: m[10], retries: m[11], queues: m[12], headers: strings.TrimSpace(m[13]), request: m[14],
	}, err == nil
}

// signs shows which timers were reached: "+" for those that were, "-" for -1.
func (h httpLine) signs() string {
	var b strings.Builder
	for timer := range strings.SplitSeq(h.timers, "/") {
		if timer == "-1" {
			b.WriteByte('-')
		} else {
			b.WriteByte('+')
		}
	}
	return b.String()
}
