//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
)

// TestForwardForBesideHAProxy: what servers are told of clients, with each of the option's words, in frontends, backends and both.
func TestForwardForBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.server(0))
	const head = "defaults\n  mode http\n  timeout connect 2s\n  timeout client 10s\n  timeout server 10s\n"
	var text strings.Builder
	text.WriteString(head)
	cases := []struct{ front, back, without, with string }{ // what is added to a request without and with X-Forwarded-For: 1 and X-Client: 2
		{"", "option forwardfor", "x-forwarded-for: 127.0.0.1", "x-forwarded-for: 127.0.0.1"},
		{"option forwardfor except 127.0.0.0/8", "", "", ""},
		{"option forwardfor except 127.0.0.0/255.255.255.0", "", "", ""},
		{"option forwardfor except 10.0.0.0/8", "", "x-forwarded-for: 127.0.0.1", "x-forwarded-for: 127.0.0.1"},
		{"option forwardfor except 127.0.0.1", "option forwardfor", "", ""},
		{"option forwardfor", "option forwardfor except 127.0.0.1", "", ""},
		{"option forwardfor if-none", "", "x-forwarded-for: 127.0.0.1", ""},
		{"option forwardfor if-none", "option forwardfor", "x-forwarded-for: 127.0.0.1", "x-forwarded-for: 127.0.0.1"},
		{"option forwardfor if-none", "option forwardfor if-none", "x-forwarded-for: 127.0.0.1", ""},
		{"option forwardfor header X-Client", "", "x-client: 127.0.0.1", "x-client: 127.0.0.1"},
		{"option forwardfor header X-Client if-none except 10.0.0.0/8", "", "x-client: 127.0.0.1", ""},
		{"option forwardfor", "option forwardfor header X-Client", "x-client: 127.0.0.1", "x-client: 127.0.0.1"},
		{"option forwardfor header X-Client", "option forwardfor", "x-forwarded-for: 127.0.0.1", "x-forwarded-for: 127.0.0.1"},
		{"option forwardfor header X-Client\n  option forwardfor", "", "x-forwarded-for: 127.0.0.1", "x-forwarded-for: 127.0.0.1"},
	}
	for i, c := range cases {
		fmt.Fprintf(&text, "frontend f%[1]d\n  bind <HOST>:%[2]d\n  %[3]s\n  default_backend b%[1]d\nbackend b%[1]d\n  %[4]s\n  server a <A>\n", i, 8100+i, c.front, c.back)
	}
	all := onSameFile(t, p, text.String()+"listen ready\n  bind <AT>\n  server a <A>\n")
	for i, c := range cases {
		told := func(fields ...string) func(*contender) string {
			return func(c *contender) string {
				return tellsOfClient(fetch(t, newClient(t), fmt.Sprintf("http://%s:%d/headers", c.host, 8100+i), fields...).body)
			}
		}
		what := fmt.Sprintf("case %d, frontend %q, backend %q", i, c.front, c.back)
		bothSay(t, all, what, c.without, told())
		bothSay(t, all, what+", sent", strings.TrimSpace("x-client: 2\nx-forwarded-for: 1\n"+c.with), told("X-Forwarded-For: 1", "X-Client: 2"))
	}
}

// tellsOfClient is the lines of a head that tell who the client is.
func tellsOfClient(head string) string {
	var all []string
	for line := range strings.Lines(strings.ToLower(head)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "x-") {
			all = append(all, line)
		}
	}
	return strings.Join(all, "\n")
}
