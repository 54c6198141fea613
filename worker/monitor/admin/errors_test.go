package admin

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lbmaster/worker/monitor/tally"
)

// erroneous is the sample with some faults, told in UTC.
func erroneous() *tally.Instance {
	in := sample()
	in.Process.Now = in.Process.Now.UTC()
	when := in.Process.Now.Add(-1500 * time.Millisecond)
	in.Faults = &tally.Faults{Events: 17, Unread: map[tally.Place]string{{Generation: 2, Slot: 5}: "its program is another one"}, Last: []tally.Fault{
		{
			From: tally.Place{Generation: 1, Slot: 3}, When: when, Response: true, Status: 502, Client: "unix:1", Frontend: "old", Backend: "old", Server: "x",
			Text: "the head is too large", At: -1, Seen: 20000,
		},
		{
			From: tally.Place{Generation: 2, Slot: 1}, When: when, Response: true, Status: 200, Cut: true, Client: "[::1]:80", Frontend: "web", Backend: "mail",
			Server: "m", Text: "a chunk size is malformed or too large", At: 5003, Seen: 5005, First: 5000, Bytes: []byte("3\r\n\x1bab"),
		},
		{
			From: tally.Place{Generation: 2, Slot: 0}, When: when, Status: 400, Client: "127.0.0.1:47920", Frontend: "web",
			Text: "there is white space between a field name and the colon", At: 247, Seen: 267,
			Bytes: []byte("GET /" + strings.Repeat("x", 200) + " HTTP/1.1\r\nHost: a\r\nCookie: abc=\"d\\e\"\r\nFoo bar: \xff\x00\ttab\r\n\r\nrest"),
		},
	}}
	return in
}

// errorsOf is the answer to a line.
func errorsOf(t *testing.T, in *tally.Instance, line string) string {
	t.Helper()
	c, err := Parse(Split(line)[0])
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := WriteErrors(&b, in, &c); err != nil {
		return err.Error()
	}
	return b.String()
}

func TestErrors(t *testing.T) {
	in := erroneous()
	golden(t, "errors.txt", errorsOf(t, in, "show errors"))
	for line, want := range map[string]string{
		"show errors web":          "request mail",
		"show errors 2":            "request mail",
		"show errors web response": "mail",
		"show errors mail":         "mail",
		"show errors 3 request":    "",
		"show errors old":          "old",
		"show errors request":      "request",
		"show errors response":     "mail old",
		"show errors -1 response":  "mail old",
		"show errors nowhere":      "No such proxy.\n",
	} {
		got := errorsOf(t, in, line)
		var found []string
		for _, word := range []struct{ in, name string }{{"frontend web (#2): invalid", "request"}, {"backend mail (#3): invalid", "mail"}, {"backend old (#-1): invalid", "old"}} {
			if strings.Contains(got, word.in) {
				found = append(found, word.name)
			}
		}
		if got != want && strings.Join(found, " ") != want {
			t.Errorf("%s: %v, want %s:\n%s", line, found, want, got)
		}
	}
}

// TestHostileErrors: whatever a worker has written, an operator's terminal sees text, and not without end.
func TestHostileErrors(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	noise := func(n int) string {
		b := make([]byte, random.IntN(n))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return string(b)
	}
	number := func() int64 { return int64(random.Uint64()>>4) >> random.IntN(60) }
	in := sample()
	in.Faults = &tally.Faults{Events: 1<<64 - 1}
	for range 2000 {
		in.Faults.Last = append(in.Faults.Last, tally.Fault{
			From: tally.Place{Generation: 1}, When: time.UnixMilli(number()), Response: random.IntN(2) == 0, Status: random.IntN(1 << 16), Client: noise(64),
			Frontend: noise(128), Backend: noise(128), Server: noise(128), Text: noise(160), At: number() - 1, Seen: number(), First: number(),
			Bytes: []byte(noise(4000)),
		})
	}
	text := errorsOf(t, in, "show errors")
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }); i >= 0 {
		t.Errorf("not printable: %q", text[max(0, i-20):i+20])
	}
	if len(text) > maxErrors+64<<10 || !strings.HasSuffix(text, " more: name a proxy\n") {
		t.Errorf("%d bytes, at the end: %s", len(text), text[len(text)-100:])
	}
}

// TestMark: the mark stands below the byte, also when that is the first or last one of a line, or takes several columns.
func TestMark(t *testing.T) {
	for _, tt := range []struct {
		bytes string
		at    int64
		want  string
	}{
		{"abc", 0, "  00000  abc\n         ^\n"},
		{"ab\x00", 2, "  00000  ab\\x00\n           ^^^^\n"},
		{"a\nb", 1, "  00000  a\\n\n          ^^\n  00002  b\n"},
		{"a\nb", 2, "  00000  a\\n\n  00002  b\n         ^\n"},
		{"ab", 2, "  00000  ab\n"},
		{strings.Repeat("x", 71), 70, "  00000  " + strings.Repeat("x", 70) + "\n  00070+ x\n         ^\n"},
	} {
		var e errorWriter
		e.dump(&tally.Fault{At: tt.at, Bytes: []byte(tt.bytes)})
		if got := e.String(); got != tt.want {
			t.Errorf("%q at %d:\n%s\nwant\n%s", tt.bytes, tt.at, got, tt.want)
		}
	}
}
