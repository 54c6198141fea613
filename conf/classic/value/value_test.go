package value

import (
	"strings"
	"testing"
)

// TestValues: what is written in HAProxy's language, and what the tables have of it; "!" before it: part of the error.
func TestValues(t *testing.T) {
	bind := func(s string) (string, error) { return Bind(s, "FORMS") }
	server := func(s string) (string, error) { return Server(s, "FORMS") }
	network := func(s string) (string, error) { return Network(s), nil }
	log := func(s string) (string, error) { return Log(s), nil }
	for _, tt := range []struct {
		name string
		of   func(string) (string, error)
		want map[string]string
	}{
		{"Bind", bind, map[string]string{
			":80": ":80", "*:80": "*:80", "10.0.0.1:80-81": "10.0.0.1:80-81", ":::80": "[::]:80", "[::1]:80": "[::1]:80", "::1:80": "[::1]:80", "/run/a": "unix:/run/a",
			"unix@a": "unix:a", "fd@3": "fd@3", "ipv4@:80": ":80", "tcp6@::1:80": "[::1]:80", "abns@x": "!abns@ are missing here: FORMS",
			"lb.example:80": "!the address of lb.example", "fe80::1%eth0:80": "!without %eth0",
		}},
		{"Server", server, map[string]string{
			"10.0.0.1": "10.0.0.1", "10.0.0.1:0": "10.0.0.1", "10.0.0.1:+1": "10.0.0.1:+1", "a.example:80": "a.example:80", "::1:80": "[::1]:80", "[::1]": "[::1]",
			"/run/a": "unix:/run/a", "ipv6@::1:80": "[::1]:80", "udp@a:80": "!udp@ are missing here: FORMS", "*:80": "!the server's own", "0.0.0.0": "!the server's own", "[::]:80": "!the server's own",
		}},
		{"Log", log, map[string]string{
			"127.0.0.1": "127.0.0.1", "127.0.0.1:514": "127.0.0.1:514", "10.0.0.1:": "10.0.0.1", "localhost": "127.0.0.1", "localhost:1514": "127.0.0.1:1514",
			"udp@ipv4@10.0.0.1": "10.0.0.1", "::1": "::1", "[::1]:514": "[::1]:514",
		}},
		{"Network", network, map[string]string{
			"10.0.0.0/8": "10.0.0.0/8", "10.0.0.1": "10.0.0.1", "10.0.0.0/255.0.0.0": "10.0.0.0/8", "0.0.0.0/0.0.0.0": "0.0.0.0/0", "10.0.0.0/255.0.255.0": "10.0.0.0/255.0.255.0",
			"10.0.0.0/1.2": "10.0.0.0/1.2",
		}},
		{"Time", Time, map[string]string{
			"0": "0ms", "500": "500ms", "5000": "5s", "5s": "5s", "90s": "90s", "120s": "2m", "1d": "24h", "1us": "1ms", "1001us": "2ms", "366d": "8784h",
			"": "!is not a time", "s": "!is not a time", "5w": "!is not a time", "-1": "!is not a time", "367d": "!too long", "99999999999999999999s": "!too long",
		}},
	} {
		for in, want := range tt.want {
			got, err := tt.of(in)
			part, wrong := strings.CutPrefix(want, "!")
			if wrong != (err != nil) || wrong && !strings.Contains(err.Error(), part) || !wrong && got != want {
				t.Errorf("%s of %s: %q, %v; want %q", tt.name, in, got, err, want)
			}
		}
	}
}

func TestStandard(t *testing.T) {
	for in, want := range map[string]string{"stdout": "stdout", "stderr": "stderr", "fd@1": "stdout", "fd@2": "stderr", "fd@3": "", "": ""} {
		if got, ok := Standard(in); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", in, got, ok)
		}
	}
}
