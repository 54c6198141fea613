package proxy

import (
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/counter"
)

// logs is a sink in a test.
type logs struct {
	t    *testing.T
	conn *net.UDPConn
}

// startLogging runs a proxy that writes httplog to a sink.
func startLogging(t *testing.T, addr string, tune func(*conf.Config), handlers ...handler) (*fixture, *logs) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(addr), Port: 5140})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	f := start(t, addr, func(c *conf.Config) {
		c.Global.Log = []conf.LogTarget{{Target: "udp", Address: addr + ":5140", Facility: "local0", Level: "info"}}
		c.Frontends[0].LogFormat = "httplog"
		c.Backends[0].Retries = 0
		if tune != nil {
			tune(c)
		}
	}, handlers...)
	return f, &logs{t, conn}
}

// want waits for the next line and compares it with a pattern, in which "%d" stands for any number.
func (l *logs) want(pattern string) {
	l.t.Helper()
	line := make([]byte, 8<<10)
	l.conn.SetReadDeadline(time.Now().Add(fatal))
	n, err := l.conn.Read(line)
	if err != nil {
		l.t.Fatal(err)
	}
	pattern = strings.ReplaceAll(regexp.QuoteMeta(pattern), "%d", `\d+`)
	full := `^<134>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d lbmaster\[\d+\]: 127\.0\.0\.1:\d+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] ` + pattern + "\n$"
	if got := string(line[:n]); !regexp.MustCompile(full).MatchString(got) {
		l.t.Errorf("got  %s\nwant %s", got, pattern)
	}
}

// TestLogOfConnections is the guide's short line, which comes with the connection.
func TestLogOfConnections(t *testing.T) {
	f, l := startLogging(t, "127.61.6.1", func(c *conf.Config) { c.Frontends[0].LogFormat = "" }, nil)
	f.dial()
	line := make([]byte, 1000)
	l.conn.SetReadDeadline(time.Now().Add(fatal))
	n, err := l.conn.Read(line)
	if want := regexp.MustCompile(`: Connect from 127\.0\.0\.1:\d+ to 127\.61\.6\.1:8000 \(web/HTTP\)\n$`); err != nil || !want.Match(line[:n]) {
		t.Errorf("got %q, %v", line[:n], err)
	}
}

// TestNullsAreNotLogged: with dontlognull only what follows is logged.
func TestNullsAreNotLogged(t *testing.T) {
	f, l := startLogging(t, "127.61.6.2", func(c *conf.Config) { c.Frontends[0].DontLogNull = true }, script(okHead+"ok"))
	f.dial().CloseWrite()
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	l.want(`web web/a %d/%d/%d/%d/%d 200 %d - - --NI %d/%d/0/0/0 0/0 "GET / HTTP/1.1"`)
}

// TestCaptures: cookies and fields that the log shows.
func TestCaptures(t *testing.T) {
	f, l := startLogging(t, "127.61.6.3", func(c *conf.Config) {
		c.Frontends[0].Capture = conf.Captures{
			Cookie:          &conf.Capture{Name: "id", Len: 6},
			RequestHeaders:  []conf.Capture{{Name: "host", Len: 64}, {Name: "x", Len: 3}},
			ResponseHeaders: []conf.Capture{{Name: "Server", Len: 64}},
		}
	}, script("HTTP/1.1 200 OK\r\nServer: {s}\r\nSet-Cookie: identity=1; path=/\r\nContent-Length: 0\r\n\r\n"))
	c := f.dial()
	c.send("GET / HTTP/1.1\r\nHost: h\r\nX: first\r\nx: second\r\nCookie: a=b; id=12345678\r\n\r\n")
	l.want(`web web/a %d/%d/%d/%d/%d 200 %d id=123 identi --NI %d/%d/0/0/0 0/0 {h|sec} {#7Bs#7D} "GET / HTTP/1.1"`)
}

// TestLogsAreDropped: a target that takes nothing costs lines, which are counted, and no time; the master is asked for
// another socket.
func TestLogsAreDropped(t *testing.T) {
	path := t.TempDir() + "/log"
	sink, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, "127.61.6.4", func(c *conf.Config) {
		c.Global.Log = []conf.LogTarget{{Target: "unix", Address: path, Facility: "local0"}}
		c.Frontends[0].LogFormat = "httplog"
	}, echoHead)
	c := f.dial()
	for range 1000 { // nobody reads: the queue of a datagram socket is short
		c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
		c.want(echoed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""))
	}
	if n := f.proxy.counters[counter.LogsDropped].Load(); n < 500 {
		t.Errorf("%d lines dropped", n)
	}
	if len(f.reopen) > 0 {
		t.Error("another socket was asked for while the target was only slow")
	}
	sink.Close()
	c.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: SERVERID=A\r\n\r\n")
	select {
	case <-f.reopen:
	case <-time.After(fatal):
		t.Error("no other socket was asked for")
	}
}
