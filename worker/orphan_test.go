package worker

import (
	"strings"
	"testing"
	"time"
)

// TestOrphanEnds: without a wish of anybody an orphan serves for ever.
func TestOrphanEnds(t *testing.T) {
	died := time.Now()
	for _, tt := range []struct {
		after    time.Duration
		limit    time.Duration
		paused   bool
		replaced bool
		want     string
	}{
		{after: 0},
		{after: 10 * 365 * 24 * time.Hour},
		{after: 59 * time.Second, limit: time.Minute},
		{after: time.Minute, limit: time.Minute, want: "orphan_time"},
		{after: time.Second, paused: true, want: "paused"},
		{after: time.Second, replaced: true, want: "another instance"},
		{after: time.Second, paused: true, replaced: true, want: "another instance"},
	} {
		told := make(chan struct{}, 1)
		if tt.replaced {
			told <- struct{}{}
		}
		o := orphan{limits: limits{serve: tt.limit}, since: died, replaced: told}
		if why := o.ends(died.Add(tt.after), tt.paused); (why != "") != (tt.want != "") || !strings.Contains(why, tt.want) {
			t.Errorf("%+v: %q", tt, why)
		}
	}
}
