//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// TestClassicBesideHAProxy: of files that both accept, the same requests get the same statuses, servers and cookies from HAProxy 2.6.
func TestClassicBesideHAProxy(t *testing.T) {
	t.Parallel()
	haproxy := program(t, "haproxy")
	const defaults = "defaults\n  mode http\n  timeout connect 2s\n  timeout client 10s\n  timeout server 10s\n"
	for name, text := range map[string]string{
		"insert":   defaults + "frontend in\n  bind AT\n  default_backend nodes\nbackend nodes\n  cookie SRV insert indirect nocache\n  server a ONE cookie \"a\"\n  server b TWO cookie b\n",
		"prefix":   defaults + "  cookie JSESSIONID prefix\nlisten app\n  bind AT\n  balance roundrobin\n  server a ONE cookie a\n  server b TWO cookie b\n",
		"backup":   defaults + "  default-server backup\nlisten app\n  bind AT\n  option allbackups\n  no option allbackups\n  server a ONE no-backup\n  server b TWO\n",
		"weight":   defaults + "listen app\n  bind AT name x # a comment\n  server a ONE weight 2\n  server b TWO weight 0\n",
		"nobody":   defaults + "  retries 0\nlisten app\n  bind AT\n  server a NONE\n",
		"from":     "defaults other\n  mode tcp\n" + strings.Replace(defaults, "defaults\n", "defaults base\n", 1) + "defaults third\nlisten app from base\n  bind AT\n  option httpclose\n  server a ONE\n",
		"relay":    strings.Replace(defaults, "mode http", "mode tcp", 1) + "listen app\n  bind AT\n  server a ONE\n",
		"variable": "global\n  setenv SERVER ONE\n" + defaults + "listen app\n  bind \"${NOWHERE-AT}\"\n  server a \"$SERVER\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			startOrigin(t, "one", p.server(0))
			startOrigin(t, "two", p.server(1))
			with := func(at string) string {
				return strings.NewReplacer("AT", at, "ONE", p.server(0), "TWO", p.server(1), "NONE", p.server(2)).Replace(text)
			}
			other := p.addr(30, 8080)
			theirs, err := rig.StartHAProxy(haproxy, t.TempDir(), with(other), other)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = theirs.Stop(9, settle) })
			b := launch(t, p, "global\nnbproc 1\n"+with(p.front()))
			b.awaitReady()
			if ours, want := answers(t, p.front()), answers(t, other); ours != want {
				t.Errorf("lbmaster answers\n%s\nHAProxy\n%s", ours, want)
			}
		})
	}
}

// answers are the statuses, servers and cookies that some requests get.
func answers(t *testing.T, at string) string {
	t.Helper()
	var b strings.Builder
	for _, fields := range [][]string{nil, nil, nil, {"Cookie: SRV=b"}, {"Cookie: SRV=a"}, {"Cookie: x=1; SRV=none"}, {"Cookie: JSESSIONID=b~1"}, nil, nil} {
		a, err := tryFetch(newClient(t), "http://"+at+"/", fields...)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, fields, a.StatusCode, a.server(), a.Header["Set-Cookie"])
	}
	return b.String()
}

// TestTunnelTimeBesideHAProxy: timeout tunnel ends what is silent, long before the times of client and server would, as HAProxy does.
func TestTunnelTimeBesideHAProxy(t *testing.T) {
	t.Parallel()
	haproxy := program(t, "haproxy")
	p := newPlace(t)
	startTeller(t, "tcp", p.server(0))
	file := func(at string) string {
		return "defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n  timeout tunnel 500ms\n" +
			"listen relay\n  bind " + at + "\n  server a " + p.server(0) + "\n"
	}
	other := p.addr(30, 8080)
	theirs, err := rig.StartHAProxy(haproxy, t.TempDir(), file(other), other)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = theirs.Stop(9, settle) })
	launch(t, p, "global\nnbproc 1\n"+file(p.front())).awaitReady()
	for name, at := range map[string]string{"lbmaster": p.front(), "HAProxy": other} {
		c := dial(t, at)
		c.expect(p.server(0) + " from 127.0.0.1\n")
		c.send("x\n")
		c.expect("x\n")
		begin := time.Now()
		c.closedInOrder()
		if d := time.Since(begin); d < 400*time.Millisecond || d > 30*time.Second {
			t.Errorf("%s ends a silent connection after %v", name, d)
		}
	}
}
