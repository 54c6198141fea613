package logline

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// day is the beginning of 24 November 2026, UTC, in ms since 1970.
const day = 1795478400000

// at is a time of that day.
func at(hour, minute, second, ms int64) int64 {
	return day + ((hour*60+minute)*60+second)*1000 + ms
}

// captured are captures in which some fields have been seen, given as name, value, name, value.
func captured(headers []Header, seen ...string) *Captures {
	c := NewCaptures(headers)
	for i := 0; i < len(seen); i += 2 {
		c.See([]byte(seen[i]), []byte(seen[i+1]))
	}
	return c
}

var (
	requestHeaders  = []Header{{Name: "Host"}, {Name: "X-Req", Len: 10}, {Name: "Empty", Len: 10}}
	responseHeaders = []Header{{Name: "X-Rsp", Len: 256}, {Name: "Content-Length", Len: 5}}
)

func term(s string) (t [4]byte) {
	copy(t[:], s)
	return t
}

// The lines were sent by HAProxy 2.6.12 to a syslog socket; the records say what had been done to it.
var httpLines = []struct {
	what   string
	record Record
	line   string
}{
	{"success", Record{
		Client: []byte("127.0.0.1:40448"), Date: at(21, 56, 23, 160), Frontend: "plain", Backend: "plain", Server: "a",
		Status: 200, Bytes: 54, Term: term("----"), Conns: Conns{1, 1, 0, 0}, RequestLine: []byte("GET /ok HTTP/1.1"),
	}, `127.0.0.1:40448 [24/Nov/2026:21:56:23.160] plain plain/a 0/0/0/0/0 200 54 - - ---- 1/1/0/0/0 0/0 "GET /ok HTTP/1.1"`},
	{"bad request", Record{
		Client: []byte("127.0.0.1:59102"), Date: at(21, 59, 59, 31), Frontend: "unixf", // which has a default backend
		Request: -1, Queue: -1, Connect: -1, Response: -1, Status: 400, Term: term("PR--"), Conns: Conns{1, 1, 0, 0},
	}, `127.0.0.1:59102 [24/Nov/2026:21:59:59.031] unixf unixf/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"`},
	{"slow request, captures configured", Record{
		Client: []byte("127.0.0.1:42872"), Date: at(21, 57, 17, 540), Frontend: "cap", Backend: "cap",
		Request: -1, Queue: -1, Connect: -1, Response: -1, Total: 702, Status: 408, Term: term("cR--"), Conns: Conns{1, 1, 0, 0},
		RequestHeaders: captured(requestHeaders, "Host", "a"), ResponseHeaders: captured(responseHeaders),
	}, `127.0.0.1:42872 [24/Nov/2026:21:57:17.540] cap cap/<NOSRV> -1/-1/-1/-1/702 408 0 - - cR-- 1/1/0/0/0 0/0 "<BADREQ>"`},
	{"server refused, redispatched", Record{
		Client: []byte("127.0.0.1:59216"), Date: at(21, 56, 34, 195), Frontend: "refused", Backend: "refused", Server: "r2",
		Connect: -1, Response: -1, Status: 503, Bytes: 217, Term: term("SC--"), Conns: Conns{1, 1, 0, 0},
		Retries: 3, Redispatched: true, RequestLine: []byte("GET /refused HTTP/1.1"),
	}, `127.0.0.1:59216 [24/Nov/2026:21:56:34.195] refused refused/r2 0/0/-1/-1/0 503 217 - - SC-- 1/1/0/0/+3 0/0 "GET /refused HTTP/1.1"`},
	{"connect timeout", Record{
		Client: []byte("127.0.0.1:51764"), Date: at(21, 58, 33, 687), Frontend: "ctimeout", Backend: "ctimeout", Server: "bh",
		Connect: -1, Response: -1, Total: 1205, Status: 503, Bytes: 217, Term: term("sC--"), Conns: Conns{1, 1, 0, 0},
		Retries: 3, RequestLine: []byte("GET /ct HTTP/1.1"),
	}, `127.0.0.1:51764 [24/Nov/2026:21:58:33.687] ctimeout ctimeout/bh 0/0/-1/-1/1205 503 217 - - sC-- 1/1/0/0/3 0/0 "GET /ct HTTP/1.1"`},
	{"no server", Record{
		Client: []byte("127.0.0.1:46392"), Date: at(21, 56, 35, 703), Frontend: "noserver", Backend: "noserver",
		Queue: -1, Connect: -1, Response: -1, Status: 503, Bytes: 217, Term: term("SC--"), Conns: Conns{1, 1, 0, 0},
		RequestLine: []byte("GET /noserver HTTP/1.1"),
	}, `127.0.0.1:46392 [24/Nov/2026:21:56:35.703] noserver noserver/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 "GET /noserver HTTP/1.1"`},
	{"server timeout, captures without a response", Record{
		Client: []byte("127.0.0.1:42888"), Date: at(21, 57, 18, 543), Frontend: "cap", Backend: "cap", Server: "a",
		Response: -1, Total: 501, Status: 504, Bytes: 198, Term: term("sH--"), Conns: Conns{1, 1, 0, 0},
		RequestHeaders: captured(requestHeaders, "host", "a", "x-req", "y"), ResponseHeaders: captured(responseHeaders),
		RequestLine: []byte("GET /slow HTTP/1.1"),
	}, `127.0.0.1:42888 [24/Nov/2026:21:57:18.543] cap cap/a 0/0/0/-1/501 504 198 - - sH-- 1/1/0/0/0 0/0 {a|y|} {|} "GET /slow HTTP/1.1"`},
	{"queue timeout", Record{
		Client: []byte("127.0.0.1:33624"), Date: at(21, 58, 36, 752), Frontend: "queue", Backend: "queue",
		Queue: 201, Connect: -1, Response: -1, Total: 201, Status: 503, Bytes: 217, Term: term("sQ--"), Conns: Conns{3, 3, 2, 0},
		BackendQueue: 1, RequestLine: []byte("GET /slow HTTP/1.1"),
	}, `127.0.0.1:33624 [24/Nov/2026:21:58:36.752] queue queue/<NOSRV> 0/201/-1/-1/201 503 217 - - sQ-- 3/3/2/0/0 0/1 "GET /slow HTTP/1.1"`},
	{"persistence, server down", Record{
		Client: []byte("127.0.0.1:42536"), Date: at(21, 56, 39, 920), Frontend: "ins", Backend: "ins", Server: "a",
		Queue: 300, Connect: 1, Total: 301, Status: 200, Bytes: 54, RequestCookie: []byte("SRV=D"), Term: term("--DI"),
		Conns: Conns{1, 1, 0, 0}, Retries: 2, Redispatched: true, RequestLine: []byte("GET /ins HTTP/1.1"),
	}, `127.0.0.1:42536 [24/Nov/2026:21:56:39.920] ins ins/a 0/300/1/0/301 200 54 SRV=D - --DI 1/1/0/0/+2 0/0 "GET /ins HTTP/1.1"`},
	{"captures", Record{
		Client: []byte("127.0.0.1:42800"), Date: at(21, 57, 14, 731), Frontend: "cap", Backend: "cap", Server: "a",
		Status: 200, Bytes: 111, RequestCookie: []byte("CAP=abcdefgh"), ResponseCookie: []byte("CAP=rspvalue"), Term: term("----"),
		Conns: Conns{1, 1, 0, 0}, RequestLine: []byte("GET /hdr HTTP/1.1"),
		RequestHeaders:  captured(requestHeaders, "Host", "ex.org", "X-Req", "one", "X-Req", "12345678901234"),
		ResponseHeaders: captured(responseHeaders, "Content-Length", "5", "X-Rsp", "first", "X-Rsp", "sec{o}n|d\"#\xe9"),
	}, `127.0.0.1:42800 [24/Nov/2026:21:57:14.731] cap cap/a 0/0/0/0/0 200 111 CAP=abcdefgh CAP=rspvalue ---- 1/1/0/0/0 0/0 {ex.org|1234567890|} {sec#7Bo#7Dn#7Cd#22#23#E9|5} "GET /hdr HTTP/1.1"`},
	{"captures of the request only", Record{
		Client: []byte("127.0.0.1:53922"), Date: at(21, 57, 20, 46), Frontend: "reqcap", Backend: "reqcap", Server: "a",
		Status: 200, Bytes: 111, Term: term("----"), Conns: Conns{1, 1, 0, 0}, RequestLine: []byte("GET /hdr HTTP/1.1"),
		RequestHeaders: captured(requestHeaders[:1], "Host", "ex.org"),
	}, `127.0.0.1:53922 [24/Nov/2026:21:57:20.046] reqcap reqcap/a 0/0/0/0/0 200 111 - - ---- 1/1/0/0/0 0/0 {ex.org} "GET /hdr HTTP/1.1"`},
	{"escapes", Record{
		Client: []byte("127.0.0.1:42674"), Date: at(21, 57, 6, 304), Frontend: "plain", Backend: "plain", Server: "a",
		Status: 200, Bytes: 54, Conns: Conns{1, 1, 0, 0}, RequestLine: []byte(`GET /a"b#c{d|e}f~\x HTTP/1.1`),
	}, `127.0.0.1:42674 [24/Nov/2026:21:57:06.304] plain plain/a 0/0/0/0/0 200 54 - - ---- 1/1/0/0/0 0/0 "GET /a#22b#23c{d|e}f~\x HTTP/1.1"`},
	{"IPv6", Record{
		Client: []byte("::1:35116"), Date: at(22, 0, 12, 356), Frontend: "v6", Backend: "be", Server: "a",
		Status: 200, Bytes: 54, Conns: Conns{1, 1, 0, 0}, RequestLine: []byte(`GET /v6 HTTP/1.1`),
	}, `::1:35116 [24/Nov/2026:22:00:12.356] v6 be/a 0/0/0/0/0 200 54 - - ---- 1/1/0/0/0 0/0 "GET /v6 HTTP/1.1"`},
	{"unix socket", Record{
		Client: []byte("unix:2"), Date: at(21, 56, 42, 28), Frontend: "unixf", Backend: "be", Server: "a",
		Status: 200, Bytes: 54, Conns: Conns{1, 1, 0, 0}, RequestLine: []byte(`GET /unix HTTP/1.1`),
	}, `unix:2 [24/Nov/2026:21:56:42.028] unixf be/a 0/0/0/0/0 200 54 - - ---- 1/1/0/0/0 0/0 "GET /unix HTTP/1.1"`},
}

func TestHTTP(t *testing.T) {
	c := NewClock(time.UTC)
	for _, l := range httpLines {
		if got := l.record.AppendHTTP([]byte("> "), c); string(got) != "> "+l.line {
			t.Errorf("%s:\n got %s\nwant %s", l.what, got, l.line)
		}
	}
}

// Observed like httpLines.
var tcpLines = []struct {
	what   string
	record Record
	line   string
}{
	{"success", Record{
		Client: []byte("127.0.0.1:43170"), Date: at(21, 56, 36, 355), Frontend: "tcpl", Backend: "tcpl", Server: "a",
		Queue: 1, Total: 100, Bytes: 10, Term: term("----"), Conns: Conns{1, 1, 0, 0},
	}, `127.0.0.1:43170 [24/Nov/2026:21:56:36.355] tcpl tcpl/a 1/0/100 10 -- 1/1/0/0/0 0/0`},
	{"idle", Record{
		Client: []byte("127.0.0.1:43182"), Date: at(21, 56, 36, 759), Frontend: "tcpl", Backend: "tcpl", Server: "a",
		Queue: 1, Total: 502, Bytes: 10, Term: term("sD"), Conns: Conns{1, 1, 0, 0},
	}, `127.0.0.1:43182 [24/Nov/2026:21:56:36.759] tcpl tcpl/a 1/0/502 10 sD 1/1/0/0/0 0/0`},
	{"server refused", Record{
		Client: []byte("127.0.0.1:39094"), Date: at(21, 56, 37, 963), Frontend: "tcprefused", Backend: "tcprefused", Server: "a",
		Queue: 1, Connect: -1, Total: 905, Term: term("SC"), Conns: Conns{1, 1, 0, 0}, Retries: 3,
	}, `127.0.0.1:39094 [24/Nov/2026:21:56:37.963] tcprefused tcprefused/a 1/-1/905 0 SC 1/1/0/0/3 0/0`},
	{"no server", Record{
		Client: []byte("127.0.0.1:40608"), Date: at(22, 0, 12, 45), Frontend: "tcpb",
		Queue: -1, Connect: -1, Term: term("SC"), Conns: Conns{1, 1, 0, 0},
	}, `127.0.0.1:40608 [24/Nov/2026:22:00:12.045] tcpb tcpb/<NOSRV> -1/-1/0 0 SC 1/1/0/0/0 0/0`},
}

func TestTCP(t *testing.T) {
	c := NewClock(time.UTC)
	for _, l := range tcpLines {
		if got := l.record.AppendTCP([]byte("> "), c); string(got) != "> "+l.line {
			t.Errorf("%s:\n got %s\nwant %s", l.what, got, l.line)
		}
	}
}

// The first three were observed.
func TestConnect(t *testing.T) {
	for _, c := range []struct{ client, local, name, mode, want string }{
		{"127.0.0.1:52752", "127.62.9.3:8087", "short", "HTTP", "Connect from 127.0.0.1:52752 to 127.62.9.3:8087 (short/HTTP)"},
		{"127.0.0.1:55830", "127.62.9.3:8088", "shorttcp", "TCP", "Connect from 127.0.0.1:55830 to 127.62.9.3:8088 (shorttcp/TCP)"},
		{"", "unix:1", "unixshort", "HTTP", "Connect to unix:1 (unixshort/HTTP)"},
		{"", "/run/a b\n#", "x", "TCP", "Connect to /run/a#20b#0A#23 (x/TCP)"},
	} {
		var client []byte
		if c.client != "" {
			client = []byte(c.client)
		}
		if got := AppendConnect([]byte("> "), client, []byte(c.local), c.name, c.mode); string(got) != "> "+c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// HAProxy logs 1023 bytes of a request line, counted before escaping, without a sign that there was more: 2000 quotes in
// a target make 3059 bytes.
func TestLongRequestLines(t *testing.T) {
	c := NewClock(time.UTC)
	for _, l := range []struct {
		line string
		want int
	}{
		{"GET /" + strings.Repeat("u", 1009) + " HTTP/1.1", 1023},
		{"GET /" + strings.Repeat("u", 1010) + " HTTP/1.1", 1023},
		{"GET /" + strings.Repeat("u", 3000) + " HTTP/1.1", 1023},
		{"GET /" + strings.Repeat(`"`, 2000) + " HTTP/1.1", 3059},
		{"", 0},
	} {
		r := Record{Client: []byte("127.0.0.1:1"), Frontend: "f", RequestLine: []byte(l.line)}
		got := string(r.AppendHTTP(nil, c))
		quoted := got[strings.IndexByte(got, '"')+1 : len(got)-1]
		if len(quoted) != l.want || got[len(got)-1] != '"' {
			t.Errorf("%.20s… of %d bytes: %d are logged, want %d", l.line, len(l.line), len(quoted), l.want)
		}
		if l.want == 1023 && quoted != l.line[:1023] {
			t.Errorf("logged is %q of %q", quoted, l.line)
		}
	}
}

// worst is a record of which every part is as long as it can be, and longer.
func worst() *Record {
	long := func(n int) []byte { return []byte(strings.Repeat("\xff", n)) }
	name := strings.Repeat("n", 300)
	captures := func() *Captures {
		headers := make([]Header, MaxHeaders)
		for i := range headers {
			headers[i] = Header{Name: "h", Len: 256}
		}
		c := NewCaptures(headers)
		c.See([]byte("h"), long(1000))
		return c
	}
	const n = math.MinInt64
	return &Record{
		Client: long(500), Date: math.MaxInt64, Frontend: name, Backend: name, Server: name,
		Request: n, Queue: n, Connect: n, Response: n, Total: n, Status: n, Bytes: n,
		RequestCookie: long(500), ResponseCookie: long(500), Term: term("----"), Conns: Conns{n, n, n, n},
		Retries: n, Redispatched: true, ServerQueue: n, BackendQueue: n,
		RequestHeaders: captures(), ResponseHeaders: captures(), RequestLine: long(20000),
	}
}

func TestBound(t *testing.T) {
	r, c := worst(), NewClock(time.UTC)
	line := r.AppendHTTP([]byte("> "), c)[2:]
	if len(line) > MaxLine || len(line) < MaxLine-3 {
		t.Errorf("the longest line has %d bytes, want at most %d, and no escape less", len(line), MaxLine)
	}
	quoted := line[strings.IndexByte(string(line), '"'):]
	if len(quoted) < 600 || quoted[len(quoted)-1] != '"' || strings.Trim(string(quoted), `"#F`) != "" {
		t.Errorf("the request line of the longest line is %s", quoted)
	}
	if parts := strings.Split(string(line), " "); len(parts) != 15 {
		t.Errorf("the longest line has %d columns, want 15: %.300s…", len(parts), line)
	}
	r.RequestLine = []byte(strings.Repeat("x", 20000))
	if got := len(r.AppendHTTP(nil, c)); got != MaxLine {
		t.Errorf("the longest line without an escape at its end has %d bytes, want %d", got, MaxLine)
	}
	if got := len(r.AppendTCP(nil, c)); got > MaxLine {
		t.Errorf("the longest TCP line has %d bytes", got)
	}
	if got := len(AppendConnect(nil, r.Client, r.Client, r.Frontend, "HTTP")); got > MaxLine {
		t.Errorf("the longest short line has %d bytes", got)
	}
	if got := len(r.AppendFault(nil, &Fault{Response: true, Cut: true, Text: strings.Repeat("x", 500), At: math.MaxInt64, Seen: math.MaxInt64})); got > MaxLine {
		t.Errorf("the longest explanation has %d bytes", got)
	}
	r.RequestLine = nil
	if got := len(r.AppendHTTP(nil, c)); got > MaxLine {
		t.Errorf("the longest line of a bad request has %d bytes", got)
	}
}

// What HAProxy leaves in a captured cookie: a quote, a byte that is no ASCII, a blank, which moves the columns behind it.
func TestCookiesKeepTheirColumn(t *testing.T) {
	r := Record{RequestCookie: []byte("CAP=a\xe9b c"), ResponseCookie: []byte(`CAP=a"b#{|}`)}
	want := ` CAP=a#E9b#20c CAP=a#22b#23{|} ---- `
	if got := r.AppendHTTP(nil, NewClock(time.UTC)); !strings.Contains(string(got), want) {
		t.Errorf("got %s, want in it %s", got, want)
	}
}

func TestZeroRecord(t *testing.T) {
	c := NewClock(time.UTC)
	want := ` [01/Jan/1970:00:00:00.000]  /<NOSRV> 0/0/0/0/0 0 0 - - ---- 0/0/0/0/0 0/0 "<BADREQ>"`
	if got := (&Record{}).AppendHTTP(nil, c); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// typical is what a record of a visit to a web site looks like.
func typical() *Record {
	return &Record{
		Client: []byte("192.168.101.23:47920"), Date: at(21, 36, 13, 427), Frontend: "webfarm", Backend: "webfarm", Server: "webA",
		Connect: 1, Response: 14, Total: 15, Status: 200, Bytes: 18432, Term: term("--VN"),
		Conns: Conns{214, 180, 37, 9}, RequestLine: []byte("GET /static/css/main.css?v=20261124 HTTP/1.1"),
	}
}

func TestAllocations(t *testing.T) {
	c := NewClock(time.UTC)
	dst := make([]byte, 0, MaxLine)
	long, short := worst(), typical()
	local := []byte("127.0.0.1:80")
	ms := int64(day)
	for what, f := range map[string]func(){
		"AppendHTTP":            func() { short.AppendHTTP(dst, c) },
		"AppendHTTP, long":      func() { long.AppendHTTP(dst, c) },
		"AppendTCP":             func() { short.AppendTCP(dst, c) },
		"AppendFault":           func() { long.AppendFault(dst, &Fault{Text: "it is bad", Seen: 9}) },
		"AppendConnect":         func() { AppendConnect(dst, short.Client, local, "webfarm", "HTTP") },
		"Clock of a new second": func() { ms += 1000; c.Append(dst, ms) },
		"Captures":              func() { long.RequestHeaders.Reset(); long.RequestHeaders.See([]byte("H"), short.RequestLine) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

func BenchmarkHTTP(b *testing.B) {
	dst, c := make([]byte, 0, MaxLine), NewClock(time.UTC)
	full := typical()
	full.RequestCookie = []byte("SERVERID=A")
	full.RequestHeaders = captured([]Header{{Name: "Host"}, {Name: "User-Agent"}}, "Host", "www.example.com", "User-Agent",
		"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
	escaped := typical()
	escaped.RequestLine = []byte("GET /" + strings.Repeat(`"`, 200) + " HTTP/1.1")
	long := typical()
	long.RequestLine = []byte("GET /" + strings.Repeat("u", 1000) + " HTTP/1.1")
	for _, r := range []struct {
		name   string
		record *Record
	}{{"typical", typical()}, {"captures", full}, {"200-quotes", escaped}, {"1000-bytes", long}, {"worst", worst()}} {
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.record.AppendHTTP(dst, c)
			}
		})
	}
}

func BenchmarkTCP(b *testing.B) {
	b.ReportAllocs()
	dst, c, r := make([]byte, 0, MaxLine), NewClock(time.UTC), typical()
	for b.Loop() {
		r.AppendTCP(dst, c)
	}
}

func ExampleRecord_AppendHTTP() {
	r := Record{
		Client: []byte("127.0.0.1:47920"), Date: 1795556173427, Frontend: "www", Backend: "webfarm", Server: "webA",
		Connect: 1, Response: 14, Total: 15, Status: 200, Bytes: 18432, Term: [4]byte{'-', '-', 'V', 'N'},
		Conns: Conns{Process: 2, Frontend: 1}, RequestLine: []byte("GET /index.html HTTP/1.1"),
	}
	fmt.Printf("%s\n", r.AppendHTTP(nil, NewClock(time.UTC)))
	// Output: 127.0.0.1:47920 [24/Nov/2026:21:36:13.427] www webfarm/webA 0/0/1/14/15 200 18432 - - --VN 2/1/0/0/0 0/0 "GET /index.html HTTP/1.1"
}
