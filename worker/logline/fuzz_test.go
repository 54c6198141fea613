package logline

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// unescaped is what was escaped, and whether every # begins an escape.
func unescaped(s string) (string, bool) {
	first, rest, found := strings.Cut(s, "#")
	out := []byte(first)
	for found {
		if len(rest) < 2 || strings.ToUpper(rest[:2]) != rest[:2] {
			return "", false
		}
		b, err := hex.DecodeString(rest[:2])
		if err != nil {
			return "", false
		}
		var plain string
		plain, rest, found = strings.Cut(rest[2:], "#")
		out = append(append(out, b...), plain...)
	}
	return string(out), true
}

// column checks that an escaped text tells the beginning of what it came from: all of it, or as much as there was room for.
func column(t *testing.T, what, text string, from []byte, room int) {
	t.Helper()
	plain, ok := unescaped(text)
	if !ok || !strings.HasPrefix(string(from), plain) {
		t.Fatalf("%s: %q came from %q", what, text, from)
	}
	if len(plain) < len(from) && len(text) < room-2 {
		t.Fatalf("%s: %q is cut at %d bytes, there was room for %d", what, text, len(text), room)
	}
}

func FuzzHTTP(f *testing.F) {
	for _, l := range httpLines {
		r := l.record
		f.Add(r.Client, r.RequestCookie, r.ResponseCookie, []byte("a|b"), []byte("{\"#}"), r.RequestLine, r.Date, r.Total)
	}
	f.Add([]byte("\x00\xff"), []byte("a b"), []byte("\"#"), []byte("{|}"), bytes.Repeat([]byte("\n"), 300),
		bytes.Repeat([]byte("\""), 3000), int64(-1), int64(-1))
	f.Fuzz(func(t *testing.T, client, cookie, setCookie, header, other, line []byte, date, n int64) {
		headers := []Header{{Name: "x", Len: 256}, {Name: "y", Len: 256}, {Name: "x"}}
		r := Record{
			Client: client, Date: date, Frontend: "f", Backend: "b", Server: "s", Request: n, Queue: n, Connect: n, Response: n,
			Total: n, Status: int(n), Bytes: n, RequestCookie: cookie, ResponseCookie: setCookie, Retries: int(n),
			RequestHeaders:  captured(headers, "X", string(header), "Y", string(other)),
			ResponseHeaders: captured(headers, "x", string(other), "y", string(header)), RequestLine: line,
		}
		if line == nil {
			r.RequestLine = []byte{}
		}
		dst := append(make([]byte, 0, 2*MaxLine), "> "...)
		out := r.AppendHTTP(dst, NewClock(time.UTC))
		if !bytes.HasPrefix(out, dst) || len(out)-2 > MaxLine {
			t.Fatalf("%d bytes: %s", len(out)-2, out)
		}
		if i := bytes.IndexFunc(out, func(c rune) bool { return c < ' ' || c > '~' }); i >= 0 {
			t.Fatalf("byte %#x in %q", out[i], out)
		}
		checkHTTP(t, &r, string(out[2:]))
	})
}

// checkHTTP takes a line apart again.
func checkHTTP(t *testing.T, r *Record, line string) {
	t.Helper()
	front, quoted, _ := strings.Cut(line, ` "`)
	if strings.Count(line, `"`) != 2 || !strings.HasSuffix(line, `"`) {
		t.Fatalf("a raw quote in %s", line)
	}
	limit := min(len(r.RequestLine), MaxRequestLine)
	column(t, "request line", strings.TrimSuffix(quoted, `"`), r.RequestLine[:limit], MaxLine-len(front)-3)

	columns := strings.SplitN(front, " ", 11)
	if len(columns) != 11 || columns[2] != "f" || columns[3] != "b/s" || columns[9] != "----" {
		t.Fatalf("a column is missing, or one too many: %q", columns)
	}
	column(t, "client", columns[0], r.Client, maxAddress)
	for i, cookie := range [][]byte{r.RequestCookie, r.ResponseCookie} {
		if len(cookie) == 0 {
			cookie = []byte{'-'}
		}
		column(t, "cookie", columns[7+i], cookie, maxCookie)
	}
	_, braces, _ := strings.Cut(columns[10], " {")
	requests, responses, ok := strings.Cut(braces, "} {")
	if !ok || !strings.HasSuffix(responses, "}") {
		t.Fatalf("captures are not in braces: %s", columns[10])
	}
	checkCaptures(t, r.RequestHeaders, requests)
	checkCaptures(t, r.ResponseHeaders, strings.TrimSuffix(responses, "}"))
}

func checkCaptures(t *testing.T, c *Captures, text string) {
	t.Helper()
	values := strings.Split(text, "|")
	if len(values) != len(c.values) || strings.ContainsAny(text, "{}") {
		t.Fatalf("%q are not %d values", text, len(c.values))
	}
	room := maxCaptures - 2 - (len(values) - 1)
	for i, v := range values {
		column(t, "capture", v, c.values[i], room)
		room -= len(v)
	}
}
