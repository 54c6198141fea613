//go:build linux

package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// fronts are the addresses of both.
func (r *rival) fronts(s *site) []string { return []string{s.place.front(), s.place.addr(30, 8080)} }

// sockets are the admin sockets of both.
func (r *rival) sockets(s *site) []string { return []string{s.socket, r.socket} }

// served tells which servers requests reach: those without a cookie, and those with one.
func served(t *testing.T, front string) string {
	t.Helper()
	ask := func(fields string) string {
		c := dial(t, front)
		defer c.Close()
		c.send("GET / HTTP/1.1\r\nHost: raw\r\n" + fields + "\r\n")
		a := c.answer("GET")
		return fmt.Sprint(a.StatusCode, " ", a.server())
	}
	var all []string
	for range 4 {
		all = append(all, ask(""))
	}
	slices.Sort(all)
	return fmt.Sprintf("%q, with cookie A %s, with C %s", slices.Compact(all), ask("Cookie: SERVERID=A\r\n"), ask("Cookie: SERVERID=C\r\n"))
}

// standing tells how the servers are, in all places that tell it.
func standing(t *testing.T, socket string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range strings.Split(tell(t, socket, "show stat"), "\n") {
		if cells := strings.Split(line, ","); len(cells) > 17 {
			fmt.Fprintf(&b, "%s %s\n", cells[1], cells[17])
		}
	}
	for _, filter := range []string{"up", "no-maint"} {
		for _, line := range strings.Split(tell(t, socket, "show stat "+filter), "\n") {
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "web,"), ",")
			fmt.Fprintf(&b, "%s %s\n", filter, name)
		}
	}
	return b.String() + states(tell(t, socket, "show servers state"))
}

// TestSameHealth: set server health is answered as by HAProxy, and has the same effect on states, requests and the log. No check comes
// between.
func TestSameHealth(t *testing.T) {
	t.Parallel()
	s, _, r := pairEvery(t, time.Hour, func(s *site) {
		for i, name := range []string{"a", "b", "c"} {
			startOrigin(t, name, s.place.server(i))
		}
	})
	r.both(t, s, "a", "UP")
	for _, command := range []string{
		"health", "health UP", "health up", "health up x", "health down", "health down", "health up", "health stopping", "health stopping", "health down", "health stopping",
		"health up", "state drain", "health down", "health up", "health stopping", "state ready", "health up", "health down", "state drain",
		"state ready", "health stopping", "state drain", "health up", "state ready", "weight 0", "health down", "health up", "weight 1",
		"health stopping", "state maint", "health up", "health down", "health stopping",
	} {
		r.alike(t, s, "set server web/a "+command)
	}
	for _, command := range []string{
		"health up", "health stopping", "health down", "health up", "health down", "state maint", "state ready", "health stopping", "state maint", "state ready",
	} {
		r.alike(t, s, "set server web/c "+command)
	}
	for _, command := range []string{ // a is out, and these are what is left
		"set server web/c health down", "set server web/b health stopping", "set server web/c health stopping", "set server web/b health down",
		"set server web/b health up", "set server web/c health up", "set server web/x health up", "set server x/c health up",
	} {
		r.alike(t, s, command)
	}
	r.sameLog(t, s)
}

// alike gives both a command and compares what is told and what is done afterwards.
func (r *rival) alike(t *testing.T, s *site, command string) {
	t.Helper()
	r.same(t, s, command)
	sockets := r.sockets(s)
	if mine, theirs := standing(t, sockets[0]), standing(t, sockets[1]); mine != theirs {
		t.Errorf("after %s:\n%s\nHAProxy has\n%s", command, mine, theirs)
	}
	fronts := r.fronts(s)
	if mine, theirs := served(t, fronts[0]), served(t, fronts[1]); mine != theirs {
		t.Errorf("after %s: %s\nHAProxy: %s", command, mine, theirs)
	}
	r.quiet(t, s)
}

// quiet waits until no session is counted: lines about servers tell how many there are.
func (r *rival) quiet(t *testing.T, s *site) {
	t.Helper()
	for _, socket := range r.sockets(s) {
		if !soon(func() bool {
			for _, row := range readStats(t, tell(t, socket, "show stat")) {
				if row.number("scur") > 0 {
					return false
				}
			}
			return true
		}) {
			t.Fatalf("%s: sessions do not end", socket)
		}
	}
}

// TestHealthUntilNextCheck: what is said by hand holds until checks say otherwise, here and there.
func TestHealthUntilNextCheck(t *testing.T) {
	t.Parallel()
	var a *origin
	s, b, r := pairEvery(t, 300*time.Millisecond, func(s *site) {
		a = startOrigin(t, "a", s.place.server(0))
		startOrigin(t, "b", s.place.server(1))
	})
	for _, step := range []struct{ do, status string }{
		{"wait", "UP"},
		{"health down", "UP"},
		{"health stopping", "UP"},
		{"stop", "DOWN"},
		{"health stopping", "DOWN"},
		{"health up", "DOWN"},
		{"start", "UP"},
	} {
		switch step.do {
		case "wait":
		case "stop":
			a.Close()
		case "start":
			startOrigin(t, "a", s.place.server(0))
		default:
			r.same(t, s, "set server web/a "+step.do)
			b.says("changed from CLI") // the state that is waited for may be that of before
			b.Stderr.Forget()
		}
		r.both(t, s, "a", step.status)
	}
	r.sameLog(t, s)
}
