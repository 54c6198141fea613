package conf

import (
	"slices"
	"strings"
	"testing"
)

// TestWithoutEffect: keys that change nothing are warned of where they are written, and no others.
func TestWithoutEffect(t *testing.T) {
	const servers = "server = [{ name = 'a', address = '127.0.0.1:81' }]\n"
	for _, tt := range []struct {
		name, text string
		keys       []string // that are warned of
	}{
		{
			"tcp", "[listen.a]\nbind = ':80'\nmode = 'tcp'\nhttpclose = true\nforwardfor = true\nforwardfor_header = 'A'\nforwardfor_except = '10.0.0.1'\nforwarded = 'keep'\ncookie = { name = 'A' }\npersist = true\nmax_header = '32k'\n" +
				"capture_cookie = { name = 'A' }\ncapture_request_headers = [{ name = 'A' }]\ncapture_response_headers = [{ name = 'A' }]\n" +
				"errorfile = { 503 = '/x' }\nlog_format = 'httplog'\ntimeout = { http_request = 5, http_keep_alive = '1s', client = 7 }\n" + servers,
			[]string{
				"httpclose", "forwardfor", "forwardfor_header", "forwardfor_except", "forwarded", "cookie", "persist", "max_header", "capture_cookie", "capture_request_headers", "capture_response_headers",
				"errorfile", "log_format", "timeout.http_request", "timeout.http_keep_alive",
			},
		},
		{"tcp, with effect", "[listen.a]\nbind = ':80'\nhttpclose = false\nerrorfile = {}\ncapture_request_headers = []\nmonitor_net = '10.0.0.1'\n" +
			"httpchk = 'HEAD /'\nredispatch = true\nretries = 2\ndefer_accept = true\n" + servers, nil},
		{
			"forwardfor", "[listen.a]\nbind = ':80'\nmode = 'http'\nforwardfor = false\nforwardfor_header = 'A'\nforwardfor_except = '10.0.0.1'\nforwarded = 'keep'\n" + servers,
			[]string{"forwardfor_header", "forwardfor_except", "forwarded"},
		},
		{"forwardfor in the defaults", "[defaults]\nforwardfor = true\n[listen.a]\nbind = ':80'\nmode = 'http'\nforwarded = 'keep'\n" + servers, nil},
		{"defaults", "[defaults]\nhttpclose = true\nmax_header = '32k'\ncookie = { name = 'A' }\ntimeout = { http_request = 5 }\n[listen.a]\nbind = ':80'\n" + servers, nil},
		{"http", "[listen.a]\nbind = ':80'\nmode = 'http'\nhttpclose = true\nmax_header = '32k'\ncookie = { name = 'A' }\ntimeout = { http_request = 5 }\n" + servers, nil},
		{"dispatch", "[listen.a]\nbind = ':80'\nmode = 'http'\ndispatch = '127.0.0.1:81'\nhttpclose = true\nretries = 2\nredispatch = true\n" +
			"allbackups = true\nhttpchk = '/'\ncookie = { name = 'A' }\n" + servers, []string{"redispatch", "allbackups", "httpchk", "server"}},
		{"dispatch beside cookies", "[listen.a]\nbind = ':80'\nmode = 'http'\ndispatch = '127.0.0.1:81'\nredispatch = true\ncookie = { name = 'A' }\n" +
			"server = [{ name = 'a', address = '127.0.0.1:81', cookie = 'x' }]\n", nil},
		{"dispatch and defaults", "[defaults]\nredispatch = true\n[listen.a]\nbind = ':80'\ndispatch = '127.0.0.1:81'\n", nil},
		{
			"health", "[listen.a]\nbind = ':80'\nmode = 'health'\nhttpchk = '/'\nmaxconn = 5\nretries = 2\nforwardfor = true\nmax_header = 4096\n" + servers,
			[]string{"retries", "forwardfor", "max_header", "server"},
		},
	} {
		_, warnings, err := Parse("f", []byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, w := range warnings {
			got = append(got, strings.TrimPrefix(w.Key, "listen.a."))
			if w.Line == 0 {
				t.Errorf("%s: no line: %v", tt.name, w)
			}
		}
		slices.Sort(got)
		slices.Sort(tt.keys)
		if !slices.Equal(got, tt.keys) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.keys)
		}
	}
}
