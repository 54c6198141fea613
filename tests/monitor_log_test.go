//go:build linux

package tests

import (
	"fmt"
	"net"
	"regexp"
	"testing"
	"time"
)

// What the monitor finds out about a server is logged where the instance logs, in HAProxy's words and with its level.
func TestServerStatesAreLogged(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	sink, err := net.ListenPacket("udp", s.place.addr(40, 5140))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	s.global = fmt.Sprintf("log = [%q]", s.place.addr(40, 5140)+" local3 notice")
	s.servers[0].extra += "\n" + checked(50*time.Millisecond, "")
	s.run(t)
	origins[0].Close()
	line := make([]byte, 1000)
	if err := sink.SetReadDeadline(time.Now().Add(fatal)); err != nil {
		t.Fatal(err)
	}
	n, _, err := sink.ReadFrom(line)
	// local3 is facility 19, alert level 1.
	want := regexp.MustCompile(`^<153>.{15} lbmaster\[\d+\]: Server web/webA is DOWN, reason: `)
	if err != nil || !want.Match(line[:n]) {
		t.Errorf("logged %q, %v", line[:n], err)
	}
}
