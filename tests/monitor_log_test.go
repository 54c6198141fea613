//go:build linux

package tests

import (
	"fmt"
	"path/filepath"
	"strings"
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

// TestServerStatesReachLogsThatComeBack: the reader of a log is started again while nothing happens, and once more while a server goes down. No
// line about the server is lost, and none of them is counted as lost.
func TestServerStatesReachLogsThatComeBack(t *testing.T) {
	t.Parallel()
	s, origins := newSite(t, 2)
	path := filepath.Join(t.TempDir(), "log")
	s.global = fmt.Sprintf("log = [%q]", "unix:"+path+" local3 notice")
	s.servers[0].extra += "\n" + checked(50*time.Millisecond, "")
	s.withAdmin(t)
	log := startSink(t, "unixgram", path, path)
	b := s.run(t)
	log.close()
	log = startSink(t, "unixgram", path, path)
	origins[0].Close()
	log.notice(1, "Server web/webA is DOWN, reason: ")
	log.close()
	origins[0] = startOrigin(t, "A", s.servers[0].address)
	s.awaitStatus(t, "web/webA", "UP")
	log = startSink(t, "unixgram", path, path)
	log.notice(5, "Server web/webA is UP, reason: ")
	masters := strings.Count(b.Stderr.String(), "cannot open a log target") // the master's lines about that are lost
	counted := fmt.Sprintf("\nDroppedLogs: %d\n", masters)
	if !soon(func() bool { return strings.Contains(tell(t, s.socket, "show info"), counted) }) {
		t.Errorf("lost are %d lines of the master, counted are\n%s", masters, tell(t, s.socket, "show info"))
	}
}
