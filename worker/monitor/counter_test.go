package monitor

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/admin"
	"lbmaster/worker/monitor/metrics"
	"lbmaster/worker/monitor/tally"
)

// computed are the counters that show only in what is made of them.
var computed = map[counter.ID]string{
	counter.ConnectTime:  "the average of show stat, ctime",
	counter.ResponseTime: "rtime",
	counter.TotalTime:    "ttime",
	counter.DownTime:     "downtime, with the time since the last change",
}

// TestEveryCounterIsShown: what is counted is told on the admin socket, and by /metrics.
func TestEveryCounterIsShown(t *testing.T) {
	for c := range counter.Count {
		if _, ok := computed[c]; ok {
			continue
		}
		in := counted(c)
		if !strings.Contains(onSocket(t, in), much) {
			t.Errorf("%v is neither in show stat nor in show info: add it to a table of worker/monitor/admin", c)
		}
		var b bytes.Buffer
		if metrics.Write(&b, in); !strings.Contains(b.String(), much) {
			t.Errorf("%v is not in /metrics: add it to a table of worker/monitor/metrics", c)
		}
	}
}

const much = "987654321"

// counted is an instance that has counted one thing only.
func counted(c counter.ID) *tally.Instance {
	in := new(tally.Instance)
	in.Process.Counts[c] = 987654321
	for _, kind := range []tally.Kind{tally.Frontend, tally.Backend, tally.Server} {
		row := tally.Row{Kind: kind, Proxy: "web", HTTP: true, Health: &tally.Health{}}
		row.Counts[c] = 987654321
		in.Rows = append(in.Rows, row)
	}
	return in
}

// onSocket is what the admin socket tells of an instance.
func onSocket(t *testing.T, in *tally.Instance) string {
	t.Helper()
	var b bytes.Buffer
	if err := admin.WriteStat(&b, in, new(admin.Filter), admin.Format(0)); err != nil {
		t.Fatal(err)
	}
	if err := admin.WriteInfo(&b, in, admin.Format(0)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMetricsAreDocumented: docs/monitoring.md names each family that is ours, since nobody else describes them.
func TestMetricsAreDocumented(t *testing.T) {
	docs, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	metrics.Write(&b, new(tally.Instance))
	families := regexp.MustCompile(`(?m)^# TYPE (lbmaster_\w+) `).FindAllStringSubmatch(b.String(), -1)
	if len(families) < 10 {
		t.Fatalf("%d families of ours", len(families))
	}
	for _, f := range families {
		if !strings.Contains(string(docs), f[1]) {
			t.Errorf("docs/monitoring.md says nothing about %s", f[1])
		}
	}
}
