package address

import (
	"fmt"
	"testing"
)

func TestBinds(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:80":              "[tcp 127.0.0.1:80]",
		":80":                       "[tcp 0.0.0.0:80]",
		"*:80":                      "[tcp 0.0.0.0:80]",
		"[::1]:80":                  "[tcp ::1:80]",
		"[::]:80":                   "[tcp :::80]",
		"1.2.3.4:8000-8002":         "[tcp 1.2.3.4:8000 tcp 1.2.3.4:8001 tcp 1.2.3.4:8002]",
		":3389,:1494, 1.2.3.4:5900": "[tcp 0.0.0.0:3389 tcp 0.0.0.0:1494 tcp 1.2.3.4:5900]",
		"unix:/run/a.sock":          "[unix /run/a.sock]",
		"fd@3":                      "[fd 3]",
		"fd@web":                    "[fd 0web]",
		"":                          "", "80": "", ":": "", ":0": "", ":65536": "", ":+80": "", ":80-": "", ":90-80": "",
		":1-60000": "", "a:80": "", "::1:80": "", "[::1]": "", "[1.2.3.4]:80": "", "unix:a": "", "fd@1": "", "fd@": "", "fd@a b": "", "fd@-3": "", ":80,": "",
		"[fe80::1%eth0]:80": "", "1.2.3:80": "",
	} {
		binds, err := ParseBinds(in, "")
		var all []string
		for _, b := range binds {
			switch b.Network {
			case "tcp":
				all = append(all, fmt.Sprintf("tcp %s:%d", b.Addr, b.Port))
			case "unix":
				all = append(all, "unix "+b.Path)
			default:
				all = append(all, fmt.Sprint("fd ", b.FD, b.Name))
			}
		}
		if got := fmt.Sprint(all); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"192.168.1.11:80":   "192.168.1.11 192.168.1.11 80 false",
		"192.168.1.11":      "192.168.1.11 192.168.1.11 0 true",
		"192.168.1.11:+100": "192.168.1.11 192.168.1.11 100 true",
		"192.168.1.11:-1":   "192.168.1.11 192.168.1.11 -1 true",
		"[::1]:80":          "::1 ::1 80 false",
		"[::1]":             "::1 ::1 0 true",
		"app.example.com:8": "app.example.com invalid IP 8 false",
		"app_1":             "app_1 invalid IP 0 true",
		"":                  "", ":80": "", "::1:80": "", "a:0": "", "a:b": "", "a:+b": "", "-a:80": "", "a..b:80": "", "1.2.3:80": "", "999.1.1.1:80": "", "a b:80": "",
	} {
		a, err := ParseServer(in, "")
		got := fmt.Sprintf("%s %v %d %v", a.Host, a.IP, a.Port, a.Mapped)
		if (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: %s, %v; want %s", in, got, err, want)
		}
	}
}
