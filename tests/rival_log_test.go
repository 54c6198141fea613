//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// severities are the levels of a log by their numbers (RFC 3164 section 4.1.1).
var severities = [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// until is what a log says about servers, each line behind its level, up to a line that ends what is compared.
func (s *sink) until(last string) string {
	s.t.Helper()
	var b strings.Builder
	limit := time.After(settle)
	for {
		select {
		case l := <-s.lines:
			if about := aboutServers(l.text); about != "" {
				fmt.Fprintf(&b, "%s: %s\n", severities[l.severity()], about)
			}
			if strings.Contains(l.text, last) {
				return b.String()
			}
		case <-limit:
			s.t.Fatalf("%s was not logged, but:\n%s", last, b.String())
		}
	}
}

// sameLog compares what both have logged about servers. Server c must not have been drained before.
func (r *rival) sameLog(t *testing.T, s *site) {
	t.Helper()
	const last = "Server web/c enters drain state"
	r.same(t, s, "set server web/c state drain")
	mine, theirs := r.ours.until(last), r.theirs.until(last)
	if mine != theirs {
		t.Errorf("logged:\n%s\nHAProxy logged:\n%s", mine, theirs)
	}
}

// same gives both a command and compares the answers.
func (r *rival) same(t *testing.T, s *site, command string) {
	t.Helper()
	if mine, theirs := tell(t, s.socket, command), tell(t, r.socket, command); mine != theirs {
		t.Errorf("%s:\n%q, HAProxy says\n%q", command, mine, theirs)
	}
}

// TestSameLevels: what becomes of servers is logged at HAProxy's levels, which filters of logs go by.
func TestSameLevels(t *testing.T) {
	t.Parallel()
	origins := make(map[string]*origin)
	s, _, r := pair(t, func(s *site) {
		origins["a"], origins["b"] = startOrigin(t, "a", s.place.server(0)), startOrigin(t, "b", s.place.server(1))
	})
	r.both(t, s, "b", "UP")
	for _, step := range []struct{ do, status string }{ // of server a, from the second word on
		{"wait", "UP"},
		{"stop", "DOWN"},
		{"start", "UP"},
		{"state drain", "DRAIN"},
		{"stop", "DOWN"},
		{"start", "DRAIN"},
		{"state maint", "MAINT"},
		{"state drain", "DRAIN"},
		{"state ready", "UP"},
		{"stop", "DOWN"},
		{"state drain", "DOWN"},
		{"state ready", "DOWN"},
		{"state maint", "MAINT"},
		{"start", "MAINT"},
		{"state ready", "UP"},
		{"stop", "DOWN"},
		{"state drain", "DOWN"},
		{"state maint", "MAINT"},
		{"start", "MAINT"},
		{"state ready", "UP"},
	} {
		switch step.do {
		case "wait":
		case "stop":
			origins["a"].Close()
		case "start":
			origins["a"] = startOrigin(t, "a", s.place.server(0))
		default:
			r.same(t, s, "set server web/a "+step.do)
		}
		r.both(t, s, "a", step.status)
	}
	// Those that are not checked; a backup; and nothing is left, in all ways.
	for _, command := range []string{
		"disable server web/c", "disable server web/c", "enable server web/c", "set server web/c state maint", "set server web/c state ready",
		"set server web/b state drain", "set server web/b state maint", "set server web/b state ready", "disable server web/b",
		"disable server web/a", "disable server web/c", "enable server web/c", "set server web/c weight 0", "disable server web/c",
		"set server web/a state drain", "set server web/a state ready", "set server web/a state drain", "set server web/a state ready",
		"enable server web/c", "enable server web/b",
	} {
		r.same(t, s, command)
	}
	r.sameLog(t, s)
}
