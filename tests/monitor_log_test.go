//go:build linux

package tests

import (
	"fmt"
	"testing"
	"time"
)

// What the monitor finds out about a server is logged where the instance logs, in HAProxy's words and with its level.
func TestServerStatesAreLogged(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	log := newSink(t, s.place)
	s.global = fmt.Sprintf("log = [%q]", log.addr+" local3 notice")
	s.servers[0].extra += "\n" + checked(50*time.Millisecond, "")
	s.run(t)
	origins[0].Close()
	// local3 is facility 19, alert level 1.
	if l := log.notice(1, "Server web/webA is DOWN, reason: "); l.priority != 19*8+1 {
		t.Errorf("logged %+v", l)
	}
}
