//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"

	"lbmaster/tools/rig"
)

// under starts lbmaster with a hard limit of open files, which root may be able to raise.
func (s site) under(t *testing.T, files int) *balancer {
	t.Helper()
	b := launchBy(t, s.place, s.text(), func(argv []string, env ...string) (*rig.Process, error) {
		return rig.Start("lbmaster", append([]string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files)}, argv...), env...)
	})
	b.awaitReady()
	return b
}

// A master that has too few descriptors to be upgraded says so when it starts, with numbers, and -t says so too.
func TestTooFewFilesForAnUpgrade(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.bind = strings.Replace(s.place.front(), ":8080", ":9000-9099", 1)
	const files = 400 // 200 sockets and some more, but not three times as many
	b := s.under(t, files)
	if _, hard := limits(t, b.Pid); hard > files {
		t.Skip("root may raise the limit here") // and then there is nothing to say
	}
	b.says("too low for the master to be upgraded")
	b.says("limit=400 needed=")
	check, err := rig.Start("lbmaster", []string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$0" -t -V -c "$1"`, files), b.exe, b.exe[:len(b.exe)-len("lbmaster")] + "conf.toml"})
	if err != nil {
		t.Fatal(err)
	}
	if code, err := check.Wait(settle); code != 0 || err != nil {
		t.Errorf("-t: %d, %v: %s", code, err, check.Said())
	}
	for _, want := range []string{"too low for the master to be upgraded", "the limit is 400, needed are ", "Needed at most: open files of one process"} {
		if !strings.Contains(check.Said(), want) {
			t.Errorf("-t does not say %q:\n%s", want, check.Said())
		}
	}
}

// Pipes take what clients leave: below maxconn everybody gets in, however many read slowly what is large.
func TestPipesLeaveRoomForClients(t *testing.T) {
	t.Parallel()
	const maxconn, slow = 100, 95
	s, origins := newSite(t, 1)
	s.global = fmt.Sprintf("maxconn = %d", maxconn)
	b := s.under(t, 2*maxconn+60) // no room for a pipe for each
	for range slow {
		dial(t, s.place.front()).send("GET /bytes/50000000 HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	if !soon(func() bool { return origins[0].Stats().Running == slow }) {
		t.Fatalf("%d requests have arrived", origins[0].Stats().Running)
	}
	for range maxconn - slow {
		dial(t, s.place.front()).get("/", 200)
	}
	if b.Stderr.Has("cannot accept") {
		t.Error("clients had to wait for descriptors")
	}
}
