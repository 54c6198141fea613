package proxy

import (
	"fmt"
	"net/netip"
	"testing"

	"lbmaster/conf"
)

// TestForward is what a frontend and its backend want together, and what becomes of a request of 127.0.0.1.
func TestForward(t *testing.T) {
	type side struct {
		on bool
		conf.Forward
	}
	net := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	off, add := side{}, side{on: true}
	keep, replace := side{true, conf.Forward{Policy: conf.ForwardedKeep}}, side{true, conf.Forward{Policy: conf.ForwardedReplace}}
	except, named := side{true, conf.Forward{Except: net}}, side{true, conf.Forward{Header: "X-Client"}}
	const none, nominated, xff, client = "A: b\r\n", "Connection: x-client\r\n", "x-forwarded-FOR: 1\r\n", "X-CLIENT: 1\r\n"
	const ours, oursNamed = "X-Forwarded-For: 127.0.0.1\r\n", "X-Client: 127.0.0.1\r\n"
	for i, tt := range []struct {
		name        string
		front, back side
		has         string // the request
		adds        string
		drops       bool // the fields of this name that it has
	}{
		{"neither", off, off, xff, "", false},
		{"the frontend", add, off, none, ours, false},
		{"the backend", off, add, xff, ours, false},
		{"the frontend, and keeps", keep, off, xff, "", false},
		{"keeps what is not there", keep, off, client, ours, false},
		{"one keeps, one adds", keep, add, xff, ours, false},
		{"one adds, one keeps", add, keep, xff, ours, false},
		{"both keep", keep, keep, xff, "", false},
		{"one replaces, one keeps", replace, keep, xff, ours, true},
		{"one adds, one replaces", add, replace, xff, ours, true},
		{"the frontend excepts", except, add, none, "", false},
		{"the backend excepts", replace, except, xff, "", false},
		{"what is off does not except", side{false, except.Forward}, add, none, ours, false},
		{"the backend's name", add, named, none, oursNamed, false},
		{"the frontend's name", named, off, none, oursNamed, false},
		{"the backend's usual name", named, add, none, ours, false},
		{"a name of its own, kept", side{true, conf.Forward{Header: "X-Client", Policy: conf.ForwardedKeep}}, off, client, "", false},
		{"another name is not that", side{true, conf.Forward{Header: "X-Client", Policy: conf.ForwardedKeep}}, off, xff, oursNamed, false},
		{"a name of its own, replaced", side{true, conf.Forward{Header: "X-Client", Policy: conf.ForwardedReplace}}, off, client, oursNamed, true},
		{"kept, but it does not pass", side{true, conf.Forward{Header: "X-Client", Policy: conf.ForwardedKeep}}, off, client + nominated, oursNamed, true},
	} {
		f := start(t, fmt.Sprintf("127.61.13.%d", 1+i), func(c *conf.Config) {
			c.Frontends[0].ForwardFor, c.Frontends[0].Forward = tt.front.on, tt.front.Forward
			c.Backends[0].ForwardFor, c.Backends[0].Forward = tt.back.on, tt.back.Forward
		}, echoHead)
		c := f.dial()
		c.send("GET / HTTP/1.1\r\nConnection: close\r\n" + tt.has + "Host: a\r\nX-Forwarded-Form: 1\r\n" + tt.has + "\r\n")
		has := tt.has
		if tt.drops {
			has = ""
		}
		want := "GET / HTTP/1.1\r\n" + has + "Host: a\r\nX-Forwarded-Form: 1\r\n" + has + tt.adds + "\r\n"
		if got := c.wantEnd(); got != echoed(want, setA+"Connection: close\r\n") {
			t.Errorf("%s: got %q, want %q", tt.name, got, want)
		}
	}
}
