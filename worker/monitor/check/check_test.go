package check

import (
	"strings"
	"testing"
)

func TestRequest(t *testing.T) {
	for _, tt := range []struct{ method, uri, version, want string }{
		{"OPTIONS", "/", "HTTP/1.0", "OPTIONS / HTTP/1.0\r\n\r\n"},
		{"HEAD", "/index.html", "HTTP/1.0", "HEAD /index.html HTTP/1.0\r\n\r\n"},
		{"GET", "/a?b=c", "HTTP/1.1", "GET /a?b=c HTTP/1.1\r\nconnection: close\r\n\r\n"},
	} {
		if got := string(Request(tt.method, tt.uri, tt.version)); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestResponse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Outcome
	}{
		{"HTTP/1.0 200 OK\r\n\r\n", Outcome{Result: Passed, Code: 200}},
		{"HTTP/1.1 204\r\n", Outcome{Result: Passed, Code: 204}},
		{"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", Outcome{Result: Passed, Code: 302}},
		{"HTTP/1.1 399 \n", Outcome{Result: Passed, Code: 399}},
		{"HTTP/1.1 100 Continue\r\n\r\n", Outcome{Result: WrongStatus, Code: 100, Info: "Continue"}},
		{"HTTP/1.1 404 Not Found\r\n", Outcome{Result: WrongStatus, Code: 404, Info: "Not Found"}},
		{"HTTP/1.1 503\r\n", Outcome{Result: WrongStatus, Code: 503}},
		{"HTTP/1.1 500 \"a\x01\\b\xff\"\r\n", Outcome{Result: WrongStatus, Code: 500, Info: "ab"}},
		{"HTTP/2.0 200 OK\r\n", Outcome{Result: Invalid}},
		{"HTTP/1.1200 OK\r\n", Outcome{Result: Invalid}},
		{"HTTP/1.1 2000 OK\r\n", Outcome{Result: Invalid}},
		{"HTTP/1.1 20\r\n", Outcome{Result: Invalid}},
		{"HTTP/1.x 200 OK\r\n", Outcome{Result: Invalid}},
		{"HTTP/1.1  200 OK\r\n", Outcome{Result: Invalid}},
		{"http/1.1 200 OK\r\n", Outcome{Result: Invalid}},
		{"SSH-2.0-OpenSSH_9.2\r\n", Outcome{Result: Invalid}},
		{"\r\nHTTP/1.1 200 OK\r\n", Outcome{Result: Invalid}},
		{"", Outcome{Result: Invalid}},
		{"HTTP/1.1 200", Outcome{Result: Invalid}}, // 12 bytes are one too few
		{"HTTP/1.1 200 ", Outcome{Result: Passed, Code: 200}},
		{"HTTP/1.1 500 " + strings.Repeat("x", MaxLine), Outcome{Result: WrongStatus, Code: 500, Info: strings.Repeat("x", maxInfo)}},
	} {
		if got, decided := Response([]byte(tt.in), true); got != tt.want || !decided {
			t.Errorf("%.40q: %+v, decided %v; want %+v", tt.in, got, decided, tt.want)
		}
	}
}

// TestPieces: a response that comes byte by byte is judged as one that comes at once, and not before its line is there.
func TestPieces(t *testing.T) {
	const in = "HTTP/1.1 404 Not Found\r\nServer: x\r\n"
	for n := range len(in) {
		o, decided := Response([]byte(in[:n]), false)
		if line := strings.Index(in, "\n"); decided != (n > line) || decided && (o.Code != 404 || o.Info != "Not Found") {
			t.Errorf("%d bytes: %+v, decided %v", n, o, decided)
		}
	}
	for _, early := range []string{"X", "HTTP/2", "HTTP/1.1 404 " + strings.Repeat("x", MaxLine)} {
		if _, decided := Response([]byte(early), false); !decided {
			t.Errorf("%.20q: not decided", early)
		}
	}
}

// FuzzResponse: no bytes make it panic, undecided is only what may still change, and what is decided stays decided.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.0 404 Not Found\r\n\r\n", "HTTP/1.", "HTTP/1.1 20", "x", "HTTP/1.1 200\n", "HTTP/1.1 \x00"} {
		f.Add([]byte(s), []byte("more\r\n"))
	}
	f.Fuzz(func(t *testing.T, b, more []byte) {
		final, decided := Response(b, true)
		if !decided || final.Result != Passed && final.Result != WrongStatus && final.Result != Invalid {
			t.Fatalf("%q: %+v, decided %v", b, final, decided)
		}
		if (final.Result == Passed) != (final.Code >= 200 && final.Code < 400) || len(final.Info) > maxInfo {
			t.Fatalf("%q: %+v", b, final)
		}
		early, decided := Response(b, false)
		if decided && early != final {
			t.Fatalf("%q: %+v, then %+v", b, early, final)
		}
		if !decided {
			return
		}
		if later, _ := Response(append(b[:len(b):len(b)], more...), true); early.Result != later.Result && len(b) < MaxLine {
			t.Fatalf("%q and %q: %+v became %+v", b, more, early, later)
		}
	})
}

func TestReasons(t *testing.T) {
	for _, tt := range []struct {
		o    Outcome
		want string
	}{
		{Outcome{Result: ConnectFailed, Info: "Connection refused"}, `reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms`},
		{Outcome{Result: WrongStatus, Code: 404, Info: "Not Found", Took: 3}, `reason: Layer7 wrong status, code: 404, info: "Not Found", check duration: 3ms`},
		{Outcome{Result: Passed, Code: 200, Took: 1}, "reason: Layer7 check passed, code: 200, check duration: 1ms"},
		{Outcome{Result: Connected}, "reason: Layer4 check passed, check duration: 0ms"},
		{Outcome{Result: 200}, "reason: Initializing, check duration: 0ms"},
	} {
		if got := tt.o.Reason(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
