package master

import (
	"testing"
	"time"

	"lbmaster/shared/control"
)

// TestHeartbeat: a child that says nothing hangs, unless it is the master that was not there to hear it.
func TestHeartbeat(t *testing.T) {
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := control.NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := control.NewConn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer peer.Close()
	now := time.Now()
	c := &child{pidfd: -1, conn: conn, heard: now}
	m := &master{log: discard, slots: []*slot{{state: active, child: c}}, beat: now.Add(beatTime)}
	for _, stands := range []time.Duration{time.Hour, 0, hangTime, 0} { // four times beatTime are less than hangTime
		now = m.beat.Add(stands)
		m.heartbeat(now)
		if c.aborted {
			t.Fatalf("aborted after the master stood still for %v", stands)
		}
	}
	if now = m.beat; now.Sub(c.heard) < hangTime {
		t.Fatalf("%v of silence count as %v", hangTime, now.Sub(c.heard))
	}
	if m.heartbeat(now); !c.aborted {
		t.Error("a child that hangs goes on")
	}
}
