//go:build linux

package tests

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTrackBesideHAProxy: servers that track others, and such as are disabled, have the same states and are told of in the same words, step by
// step; and what checks say is logged alike.
func TestTrackBesideHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.server(1))
	health := listenOn(t, p.addr(11, 9001))
	all := onSameFile(t, p, "  stats socket <SOCK> mode 600 level admin\n  log <LOG> local0\ndefaults\n  mode http\n  log global\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n"+
		"backend one\n  option log-health-checks\n  server a <A> check port 9001 inter 50ms rise 2 fall 2\n  server z <A> disabled\n"+
		"backend two\n  server t <A> track one/a\n  server u <A> track t\n  server b <A> backup track one/a\n  default-server disabled\n  server e <A> enabled\n"+
		"listen ready\n  default-server enabled\n  bind <AT>\n  option dontlognull\n  server b <B>\n")
	step := func(what, last string, do func(*contender)) {
		t.Helper()
		var first string
		for _, c := range all {
			do(c)
			got := c.log.tillText(last) + serverStates(t, c)
			if first == "" {
				first = got
			} else if got != first {
				t.Errorf("%s: %s:\n%s\nwant, as %s:\n%s", what, c.name, got, all[0].name, first)
			}
		}
	}
	command := func(text string) func(*contender) {
		return func(c *contender) {
			if said := strings.TrimSpace(tell(t, c.sock, text)); said != "" {
				t.Errorf("%s: %s says %q", text, c.name, said)
			}
		}
	}
	nothing := func(*contender) {}
	step("begins", "status: 2/2 UP", nothing)
	health.Close()
	step("goes down", "Server two/u is DOWN", nothing)
	listenOn(t, p.addr(11, 9001))
	step("comes back", "Server two/u is UP", nothing)
	step("maintenance", "Server two/u is going DOWN for maintenance", command("disable server one/a"))
	step("out of maintenance", "status: 2/2 UP", command("enable server one/a"))
	step("drain", "Server two/u enters drain state", command("set server one/a state drain"))
	step("out of drain", "Server two/u is UP (leaving", command("set server one/a state ready"))
	step("a follower", "Server two/u is going DOWN for maintenance", command("disable server two/t"))
	step("a follower back", "Server two/u is UP/READY", command("enable server two/t"))
	step("one that was disabled", "Server one/z is UP/READY", command("enable server one/z"))
	for _, c := range all {
		if said := tell(t, c.sock, "set server two/t health down"); !strings.Contains(said, "cannot change health on a tracking server") {
			t.Errorf("%s says %q", c.name, said)
		}
	}
}

func listenOn(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// tillText is what the log says of servers, each line behind its level, up to a line with that text.
func (s *sink) tillText(last string) string {
	s.t.Helper()
	duration := regexp.MustCompile(`check duration: \d+ms`)
	var b strings.Builder
	for limit := time.After(settle); ; {
		select {
		case l := <-s.lines:
			if strings.HasPrefix(l.text, "listening: ") || strings.HasPrefix(l.text, "ready: ") {
				continue // what the master says for itself
			}
			fmt.Fprintf(&b, "%s: %s\n", severities[l.severity()], duration.ReplaceAllString(l.text, "check duration: 0ms"))
			if strings.Contains(l.text, last) {
				return b.String()
			}
		case <-limit:
			s.t.Fatalf("%s was not logged, but:\n%s", last, b.String())
		}
	}
}

// serverStates are the servers of a contender as its admin socket tells of them.
func serverStates(t *testing.T, c *contender) string {
	t.Helper()
	var b strings.Builder
	rows := readStats(t, tell(t, c.sock, "show stat"))
	for _, name := range []string{"one/a", "one/z", "two/t", "two/u", "two/b", "two/e"} {
		r := rows[name]
		fmt.Fprintf(&b, "%s: %s, tracks %q, active %s, backup %s, checks %q\n", name, r["status"], r["tracked"], r["act"], r["bck"], r["check_rise"]+r["check_fall"])
	}
	for line := range strings.Lines(tell(t, c.sock, "show servers state")) {
		if f := strings.Fields(line); len(f) > 7 && slices.Contains([]string{"one", "two"}, f[1]) {
			fmt.Fprintf(&b, "%s/%s: state %s, admin %s\n", f[1], f[3], f[5], f[6])
		}
	}
	return b.String()
}
