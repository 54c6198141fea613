package monitor

import (
	"testing"
	"time"

	"lbmaster/shared/control"
	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/monitor/health"
	"lbmaster/worker/monitor/tally"
)

// find is a row of a picture.
func find(t *testing.T, in *tally.Instance, kind tally.Kind, proxy, server string) *tally.Row {
	t.Helper()
	for i := range in.Rows {
		if r := &in.Rows[i]; r.Kind == kind && r.Proxy == proxy && r.Server == server {
			return r
		}
	}
	t.Fatalf("no row %d %s/%s", kind, proxy, server)
	return nil
}

// TestLayout: the rows stand in the order of the configuration, whatever the order of the counters.
func TestLayout(t *testing.T) {
	m, _ := buildMonitor(t, newInstance(t, testConfig("127.62.3.1"), 2))
	in := m.picture(time.Now())
	var got string
	for i := range in.Rows {
		r := &in.Rows[i]
		got += string(rune('0'+r.ProxyID)) + [...]string{"F", "B", "S"}[r.Kind] + string(rune('0'+r.ServerID)) + r.Proxy + r.Server + " "
	}
	if want := "2F0web 2S1weba 2S2webb 2S3webc 2B0web 3S1poolx 3S2poolfree 3B0pool "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if b := find(t, in, tally.Backend, "web", ""); b.Active != 2 || b.Backup != 1 || b.Weight != 2 || b.Status != "UP" || b.Sessions.Limit != 1 {
		t.Errorf("%+v", b)
	}
	if s := find(t, in, tally.Server, "pool", "free"); s.Health != nil || s.Status != "no check" || s.State.Address != "127.62.3.1" || s.State.Port != 8005 {
		t.Errorf("%+v", s)
	}
}

// TestNumbers: what workers count appears as sums, rates and maxima, and is forgotten when somebody wants that.
func TestNumbers(t *testing.T) {
	i := newInstance(t, testConfig("127.62.3.2"), 2)
	m, _ := buildMonitor(t, i)
	now := time.Unix(1000, 0)
	m.sample(now)
	row := func(proxy string) int {
		for n, r := range i.counters.Rows() {
			if r.Kind == stats.Frontend && r.Proxy == proxy {
				return n
			}
		}
		return -1
	}("web")
	work := func(requests uint64, sessions int64) {
		for w := range 2 {
			i.counters.Counters(w, row)[counter.Requests].Add(requests)
			i.counters.Counters(w, row)[counter.Sessions].Add(1)
			i.counters.Gauges(w, row).Sessions.Add(sessions)
		}
	}
	work(50, 4)
	now = now.Add(time.Second)
	m.sample(now)
	work(10, -3)
	now = now.Add(2 * time.Second)
	m.sample(now)
	r := find(t, m.picture(now), tally.Frontend, "web", "")
	if r.Counts[counter.Requests] != 120 || r.Rates != (tally.Rates{Sessions: 1, SessionsMax: 2, Requests: 10, RequestsMax: 100}) ||
		r.Sessions != (tally.Sessions{Now: 2, Max: 8, Limit: 10}) || r.LastUsed != 0 {
		t.Errorf("%+v", r)
	}
	now = now.Add(5 * time.Second)
	m.forget(false, now)
	if r = find(t, m.picture(now), tally.Frontend, "web", ""); r.Sessions.Max != 2 || r.Rates.RequestsMax != 10 || r.Cleared[counter.Requests] != 0 || r.LastUsed != 5 {
		t.Errorf("without maxima: %+v", r)
	}
	m.forget(true, now)
	if r = find(t, m.picture(now), tally.Frontend, "web", ""); r.Cleared[counter.Requests] != 120 || r.Counts[counter.Requests] != 120 {
		t.Errorf("without counts: %+v", r)
	}
}

// TestWindow: averages are those of the last thousand requests or so, and not of all that there ever were.
func TestWindow(t *testing.T) {
	var w window
	var c tally.Counts
	run := func(requests, ms uint64) tally.Averages {
		for range requests {
			c[counter.Requests]++
			c[counter.ResponseTime] += ms
			if c[counter.Requests]%100 == 0 {
				w.add(c)
			}
		}
		return w.averages(c)
	}
	if a := run(300, 10); a.Response != 10 {
		t.Errorf("%+v", a)
	}
	if a := run(100_000, 10); a.Response != 10 {
		t.Errorf("%+v", a)
	}
	if a := run(300, 50); a.Response <= 10 || a.Response >= 50 {
		t.Errorf("when it has just changed: %+v", a)
	}
	if a := run(2000, 50); a.Response != 50 {
		t.Errorf("when it changed long ago: %+v", a)
	}
	if a := (&window{}).averages(tally.Counts{}); a != (tally.Averages{}) {
		t.Errorf("without requests: %+v", a)
	}
}

// TestWorkers: children of older generations come and go.
func TestWorkers(t *testing.T) {
	i := newInstance(t, testConfig("127.62.3.3"), 2)
	m, _ := buildMonitor(t, i)
	m.generation = 3
	i.counters.Gauges(1, 0).Sessions.Add(7)
	now := time.Unix(2000, 0)
	for _, c := range []control.Message{
		{Generation: 3, Slot: 0, Pid: 100, State: "active", Since: 1_990_000},
		{Generation: 3, Slot: 1, Pid: 101, State: "active", Restarts: 2},
		{Generation: 3, Slot: control.MonitorSlot, Pid: 102, State: "active"},
		{Generation: 2, Slot: 5, Pid: 55, State: "draining", Sessions: 4},
		{Generation: 1, Slot: 0, Pid: 10, State: "draining", Sessions: 1},
	} {
		m.noteChild(c)
	}
	in := m.picture(now)
	if len(in.Workers) != 4 || in.Workers[1].Sessions != 7 || in.Workers[1].Restarts != 2 || in.Workers[2].Pid != 55 || in.Process.Sessions != 12 {
		t.Errorf("%+v, %d sessions", in.Workers, in.Process.Sessions)
	}
	if g := in.Generations; len(g) != 3 || g[0].Number != 3 || g[0].State != "active" || g[0].Workers != 2 || g[1].State != "draining" || g[2].Sessions != 1 {
		t.Errorf("%+v", g)
	}
	m.noteChild(control.Message{Generation: 1, Slot: 0, State: "gone"})
	m.noteChild(control.Message{Generation: 3, Slot: 0, State: "resting"})
	m.draining = true
	in = m.picture(now)
	if len(in.Workers) != 3 || in.Workers[0].State != "resting" || in.Generations[0].State != "draining" || in.Generations[0].Workers != 1 || !in.Process.Stopping {
		t.Errorf("%+v, %+v", in.Workers, in.Generations)
	}
}

// TestUsage: fields are counted from behind the name, which may hold anything.
func TestUsage(t *testing.T) {
	cpu, memory := parseUsage("7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 0 0 20 0 6 0 100 1000000 300 18446744073709551615\n")
	if cpu != 1750*time.Millisecond || memory < 300*4096 {
		t.Errorf("%v, %d bytes", cpu, memory)
	}
	if cpu, memory := parseUsage("7 (x) S 1"); cpu != 0 || memory != 0 {
		t.Errorf("%v, %d bytes of nothing", cpu, memory)
	}
}

// TestStatusTexts are the words of show stat.
func TestStatusTexts(t *testing.T) {
	m, _ := buildMonitor(t, newInstance(t, testConfig("127.62.3.4"), 1))
	a, free := m.target(t, "web/a"), m.target(t, "pool/free")
	for _, tt := range []struct {
		of    *target
		count int
		state status.State
		want  string
	}{
		{a, 4, status.State{Op: status.Up}, "UP"},
		{a, 3, status.State{Op: status.Up}, "UP 2/3"},
		{a, 1, status.State{Op: status.Down}, "DOWN 1/2"},
		{a, 4, status.State{Op: status.Up, Admin: status.Drain}, "DRAIN"},
		{a, 2, status.State{Op: status.Up, Admin: status.Drain}, "DRAIN 1/3"},
		{a, 0, status.State{Op: status.Down, Admin: status.Drain}, "DOWN"},
		{a, 4, status.State{Op: status.Up, Admin: status.Maint}, "MAINT"},
		{a, 4, status.State{Op: status.Stopping}, "NOLB"},
		{a, 3, status.State{Op: status.Stopping, Admin: status.Drain}, "NOLB 2/3"},
		{free, 4, status.State{Op: status.Stopping}, "NOLB"},
		{free, 0, status.State{Op: status.Down}, "DOWN"},
		{free, 0, status.State{Op: status.Down, Admin: status.Drain}, "DOWN"},
		{free, 2, status.State{Op: status.Up}, "no check"},
		{free, 2, status.State{Op: status.Up, Admin: status.Drain}, "DRAIN"},
		{free, 2, status.State{Op: status.Up, Admin: status.Maint}, "MAINT"},
	} {
		tt.of.count = health.Count(tt.count)
		if got := statusText(tt.of, tt.state); got != tt.want {
			t.Errorf("%d, %+v: %s, want %s", tt.count, tt.state, got, tt.want)
		}
	}
}
