package proxy

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

// headSize and largeSize are the sizes of the heads that are compared, in bytes: nearly what a head may have as a rule, and with
// the largest max_header.
const (
	headSize  = 14_000
	largeSize = 260_000
)

// costly is a message that fills a part of it which is a list, a nest or a number with as much as fits.
type costly struct {
	name, text string
}

// list repeats an item until a text of size bytes is full.
func list(item string, size int) string { return strings.Repeat(item, size/len(item)) }

// lines fills a head with as many equal field lines as it may have, nearly, each of which begins with a text and goes on with items.
func lines(begin, item string, size int) string {
	items := (size/120 - len(begin) - 2 + len(item) - 1) / len(item)
	return list(begin+strings.Repeat(item, items)+"\r\n", size)
}

// manyFields is n fields of an ordinary kind.
func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-%03d: y\r\n", i)
	}
	return b.String()
}

// distinct is a list of names that are all different.
func distinct(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%x,", i)
	}
	return b.String()
}

// alike is n fields, and a list, of long names that differ in their last letters only.
func alike(n int) (fields, names string) {
	stem := "X-" + strings.Repeat("a", 80)
	for i := range n {
		fields += fmt.Sprintf("%s%02d: y\r\n", stem, i)
		names += fmt.Sprintf("%sx%d,", stem, i%10)
	}
	return fields, names
}

// maxCaptured is how many fields are captured of a request, each with a long value that has to be escaped.
const maxCaptured = 16

// capturedName is the i-th of their names. All are equally long, so that each field is compared with each of them.
func capturedName(i int) string { return fmt.Sprintf("X-Captured-%02d", i) }

func captured() (all []conf.Capture) {
	for i := range maxCaptured {
		all = append(all, conf.Capture{Name: capturedName(i), Len: 256})
	}
	return all
}

// capturedFields is all of them, again and again.
func capturedFields(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size-size/100; i++ {
		b.WriteString(capturedName(i%maxCaptured) + ": " + strings.Repeat("\x80", size/120-20) + "\r\n")
	}
	return b.String()
}

// costlyRequests have heads of nearly size bytes. In larger ones the fields are wider, since there cannot be more.
func costlyRequests(size int) []costly {
	get := func(fields string) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" }
	post := func(fields, body string) string {
		return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n" + body + "0\r\n\r\n"
	}
	room := size - 100
	many := manyFields(110)
	left := room - len(many)
	fields, names := alike(70)
	return []costly{
		{"connection: one name", get(many + "Connection: " + list("a,", left) + "\r\n")},
		{"connection: names that are there", get(many + "Connection: " + list("x-001,x-002,", left) + "\r\n")},
		{"connection: all different", get(many + "Connection: " + distinct(left) + "\r\n")},
		{"connection: long names that are alike", get(fields + "Connection: " + names + "\r\n")},
		{"connection: close", get(many + "Connection: " + list("close,", left) + "\r\n")},
		{"connection: empty", get(many + "Connection: " + list(",", left) + "\r\n")},
		{"connection: blanks", get(many + "Connection: " + list(" ,\t", left) + "\r\n")},
		{"connection: many fields", get(lines("Connection: ", "x-1,x-2,x-3,x-4,", room))},
		{"upgrade", get("Connection: upgrade\r\nUpgrade: " + list("a,", room) + "\r\n")},
		{"te", get("TE: " + list("a,", room) + "\r\n")},
		{"cookie: one name", get("Cookie: " + list("a=1;", room) + "\r\n")},
		{"cookie: ours", get("Cookie: " + list("SERVERID=1;", room) + "\r\n")},
		{"cookie: ours at the end", get("Cookie: " + list("a=1;", room-20) + "SERVERID=1;SESSION=1\r\n")},
		{"cookie: attributes", get("Cookie: SERVERID=1;" + list("$a;", room) + "\r\n")},
		{"cookie: quotes", get("Cookie: " + list(`a="\";`, room) + "\r\n")},
		{"cookie: open quotes", get("Cookie: " + list(`a="`, room) + "\r\n")},
		{"cookie: empty", get("Cookie: " + list(";", room) + "\r\n")},
		{"cookie: many fields", get(lines("Cookie: SERVERID=2; ", "a=1; ", room))},
		{"x-forwarded-for", get("X-Forwarded-For: " + list("1.2.3.4,", room) + "\r\n")},
		{"transfer-encoding", get("Transfer-Encoding: " + list("a,", room) + "chunked\r\n")},
		{"transfer-encoding: chunked", get("Transfer-Encoding: " + list("chunked,", room) + "\r\n")},
		{"expect", get("Expect: " + list("100-continue,", room) + "\r\n")},
		{"content-length", get("Content-Length: " + list("0", room) + "\r\n")},
		{"host", "GET / HTTP/1.1\r\nHost: " + list("a.", room) + "\r\n\r\n"},
		{"target: escapes", "GET /" + list("%41", room) + " HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"target: parameters", "GET /?" + list("a=b&", room) + " HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"target: absolute", "GET http://" + list("a.", room/2) + "/ HTTP/1.1\r\nHost: " + list("a.", room/2) + "\r\n\r\n"},
		{"authorization", get("Authorization: " + list("a,", room) + "\r\n")},
		{"authorization: many fields", get(lines("Authorization: ", "ntl=,", room))},
		{"captured, 120 times", get(lines("User-Agent: ", "\x80", room))},
		{"captured, each once", get(capturedFields(room))},
		{"cookie: nearly the captured one", get("Cookie: " + list("them;", room) + "\r\n")},
		{"fields: blank values", get(lines("X-"+strings.Repeat("a", 40)+":", " ", room))},
		{"chunks: tiny", post("", list("1\r\nx\r\n", room))},
		{"chunks: extensions", post("", list("f;"+strings.Repeat("a", 200)+"\r\n0123456789abcde\r\n", room))},
		{"chunks: quoted extensions", post("", list(`f;a="\"\"\"\"\"\""`+"\r\n0123456789abcde\r\n", room))},
		{"trailers", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + list("X-A: b\r\n", 120*8) + "\r\n"},
	}
}

// plainLines are ordinary fields that fill a head.
func plainLines(size int) string { return lines("X-Header-Field: ", "0123456789 ", size) }

// plainRequest is a request without anything special.
func plainRequest(size int) string {
	return "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n" + plainLines(size) + "\r\n"
}

func costlyResponses(size int) []costly {
	ok := func(fields string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + "\r\n" }
	chunked := func(body string) string {
		return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n"
	}
	room := size - 100
	many := manyFields(110)
	left := room - len(many)
	fields, names := alike(70)
	return []costly{
		{"connection: one name", ok(many + "Connection: " + list("a,", left) + "\r\n")},
		{"connection: all different", ok(many + "Connection: " + distinct(left) + "\r\n")},
		{"connection: long names that are alike", ok(fields + "Connection: " + names + "\r\n")},
		{"set-cookie", ok(lines("Set-Cookie: a=b; path=/; ", "c;", room))},
		{"set-cookie: ours", ok(lines("Set-Cookie: SERVERID=b; path=/; ", "c;", room))},
		{"set-cookie: one long", ok("Set-Cookie: a=" + list(`";`, room) + "\r\n")},
		{"transfer-encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + list("a,", room) + "chunked\r\n\r\n0\r\n\r\n"},
		{"reason", "HTTP/1.1 200 " + list("a ", room) + "\r\nContent-Length: 0\r\n\r\n"},
		{"www-authenticate", ok("WWW-Authenticate: " + list("a ", room) + "\r\n")},
		{"www-authenticate: many fields", ok(lines("WWW-Authenticate: ", "kerbero ", room))},
		{"captured, 120 times", ok(lines("Server: ", "\x80", room))},
		{"chunks: tiny", chunked(list("1\r\nx\r\n", room))},
		{"chunks: extensions", chunked(list("f;"+strings.Repeat("a", 200)+"\r\n0123456789abcde\r\n", room))},
		{"interim", list("HTTP/1.1 100 Continue\r\n\r\n", room) + ok("")},
		{"interim with a field", list("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", room) + ok("")},
	}
}

func plainResponse(size int) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + plainLines(size) + "\r\n"
}

// TestNoInputCostsMoreThanItsBytes: a byte of any message costs at most six times as much processor time as one of an ordinary
// message of the same size. Who sends what is costly could else take a worker whole with little.
func TestNoInputCostsMoreThanItsBytes(t *testing.T) { compareInputs(t, 1, headSize, 40) }

// TestNoLargeInputCostsMoreThanItsBytes: a byte of the largest head costs at most six times as much as one of an ordinary message that is
// as large as messages may be elsewhere.
func TestNoLargeInputCostsMoreThanItsBytes(t *testing.T) { compareInputs(t, 33, largeSize, 6) }

// compareInputs compares messages of a size with ordinary ones, in that many pairs, at addresses from 127.61.8.first on.
func compareInputs(t *testing.T, first, size, pairs int) {
	t.Helper()
	runtime.LockOSThread() // the clock is that of the thread
	defer runtime.UnlockOSThread()
	for i, setup := range []struct {
		name string
		tune func(*conf.Config)
	}{
		{"cookie insert", func(c *conf.Config) {
			c.Global.Log = nil
			c.Backends[0].Cookie = &conf.Cookie{Name: "SERVERID", Mode: conf.CookieInsert, Indirect: true}
		}},
		{"cookie prefix", func(c *conf.Config) {
			c.Global.Log = nil
			c.Backends[0].Cookie = &conf.Cookie{Name: "SERVERID", Mode: conf.CookiePrefix}
		}},
		{"logged", func(c *conf.Config) {
			c.Frontends[0].Capture.RequestHeaders = append(captured()[1:], conf.Capture{Name: "User-Agent", Len: 256})
		}},
	} {
		if size > headSize && setup.name != "logged" {
			continue // what the others do with each byte does not depend on how many there are, which the smaller size shows
		}
		b := newBench(t, fmt.Sprintf("127.61.8.%d", first+i), 8000, 8001, everything, setup.tune, func(c *conf.Config) {
			if size > headSize {
				c.Frontends[0].MaxHeader = conf.MostMaxHeader
			}
		})
		for _, c := range costlyRequests(size) {
			compare(t, pairs, fmt.Sprintf("request, %s: %s", setup.name, c.name), c.text, plainRequest(min(len(c.text), headSize)),
				func(text string) time.Duration { return b.visit(text, benchResponse) })
		}
		for _, c := range costlyResponses(size) {
			compare(t, pairs, fmt.Sprintf("response, %s: %s", setup.name, c.name), c.text, plainResponse(min(len(c.text), headSize)),
				func(text string) time.Duration { return b.visit(benchRequest, text) })
		}
	}
}

// compare says how much more costly a byte of one text is than one of a plain text, as the median of ratios of neighbouring runs. Where the
// first few are far from the limit, they are enough.
func compare(t *testing.T, pairs int, what, text, plain string, cost func(string) time.Duration) {
	t.Helper()
	var ratios []float64
	ratio := 0.0
	for n := range max(3, pairs/costShare) {
		ratios = append(ratios, float64(cost(text))/float64(cost(plain))*float64(len(plain))/float64(len(text)))
		slices.Sort(ratios)
		if ratio = ratios[len(ratios)/2]; n+1 == few && ratio < costLimit/2.0 {
			break
		}
	}
	t.Logf("%5.2f %s (%d bytes)", ratio, what, len(text))
	if ratio > costLimit {
		t.Errorf("%s: a byte costs %.1f times as much as one of an ordinary message", what, ratio)
	}
}

// few is how many pairs of runs are enough for what costs less than half of what it may.
const few = 5

// visit is one client with one request, on connections of its own. It returns the processor time of the loop. A message may be
// refused at any point.
func (b *bench) visit(request, response string) time.Duration {
	b.tb.Helper()
	b.turns = 3 + (len(request)+len(response))>>15 // what the kernel has no room for at first comes later
	unix.Close(b.client)
	if b.origin > 0 {
		unix.Close(b.origin)
		b.origin = 0
	}
	spent := b.spend() // the ends of both
	b.client = dialTo(b.tb, b.at, 8000)
	b.pour(b.client, request)
	spent += b.spend()
	if fd, _, err := unix.Accept4(b.server, unix.SOCK_CLOEXEC); err == nil {
		b.origin = fd
		b.drain(b.origin)
		b.pour(b.origin, response)
		spent += b.spend()
	}
	b.drain(b.client)
	return spent + b.spend()
}

// spend lets the loop do all that it has to do, and says how much time that has taken.
func (b *bench) spend() time.Duration {
	var before, after unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &before)
	for range max(3, b.turns) {
		b.proxy.loop.After(0, func() {}) // so that the loop does not wait
		b.turn()
	}
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &after)
	return time.Duration(after.Nano() - before.Nano())
}

// pour sends a message that the other side may have refused already.
func (b *bench) pour(fd int, text string) { _, _ = unix.Write(fd, []byte(text)) }

// drain takes what has come.
func (b *bench) drain(fd int) {
	for {
		if n, _, err := unix.Recvfrom(fd, b.buf[:], unix.MSG_DONTWAIT); n <= 0 || err != nil {
			return
		}
	}
}
