package admin

import (
	"time"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// sample is an instance in which every number is another one.
func sample() *tally.Instance {
	start := time.Unix(1_700_000_000, 0)
	n := uint64(0)
	next := func() uint64 { n++; return n }
	counts := func() tally.Counts {
		var c tally.Counts
		for _, id := range []counter.ID{
			counter.Sessions, counter.Requests, counter.BytesIn, counter.BytesOut, counter.Responses1xx,
			counter.Responses2xx, counter.Responses3xx, counter.Responses4xx, counter.Responses5xx, counter.ResponsesOther,
			counter.RequestErrors, counter.ConnectErrors, counter.ResponseErrors, counter.Retries, counter.Redispatches,
			counter.ClientAborts, counter.ServerAborts, counter.Connects, counter.Reuses, counter.Balanced,
			counter.Answered, counter.CheckFailures, counter.Downs, counter.ConnectTime, counter.ResponseTime,
			counter.TotalTime, counter.DownTime, counter.LogsDropped, counter.WorkerDeaths, counter.MonitorDeaths,
			counter.Upgrades, counter.FailedUpgrades,
		} {
			c[id] = next()
		}
		return c
	}
	row := func(kind tally.Kind, proxy, server string, id, serverID int) tally.Row {
		return tally.Row{
			Kind: kind, Proxy: proxy, Server: server, ProxyID: id, ServerID: serverID, HTTP: proxy == "web", Status: "UP", Counts: counts(),
			Rates:    tally.Rates{Sessions: next(), SessionsMax: next(), Requests: next(), RequestsMax: next()},
			Sessions: tally.Sessions{Now: int64(next()), Max: int64(next()), Limit: int64(next())},
			Averages: tally.Averages{Connect: next(), Response: next(), Total: next()},
			LastUsed: int64(next()), Weight: int(next()), UserWeight: int(next()), Active: int(next()), Backup: int(next()),
			Changed: int64(next()), Down: int64(next()), Idle: int64(next()),
		}
	}
	front, back := row(tally.Frontend, "web", "", 2, 0), row(tally.Backend, "web", "", 2, 0)
	front.Status, back.Cookie, back.Algorithm = "OPEN", "SERVERID", "roundrobin"
	a, b, c := row(tally.Server, "web", "a", 2, 1), row(tally.Server, "web", "b", 2, 2), row(tally.Server, "web", "c", 2, 3)
	a.Cleared = tally.Counts{counter.Sessions: 1, counter.Requests: 2, counter.BytesIn: 3}
	a.Cookie = "A"
	a.State = tally.State{Op: tally.Up, Count: 2, Address: "10.0.0.1", Port: 80, InitialWeight: 1}
	a.Health = &tally.Health{Result: "L7OK", Text: "Layer7 check passed", Number: 15, Checked: true, Good: true, Layer7: true, Code: 200, Took: 3, Rise: 2, Fall: 3, Count: 4}
	b.Status = "DOWN 1/2"
	b.State = tally.State{Admin: tally.Drain, Address: "fe80::1", Port: 80, InitialWeight: 5, IsBackup: true}
	b.Health = &tally.Health{Result: "L7STS", Text: "Layer7 wrong status", Number: 17, Checked: true, Layer7: true, Code: 404, Info: `Not, "found"`, Took: 1, Rise: 2, Fall: 3, Count: 1}
	c.Status = "MAINT"
	c.State = tally.State{Op: tally.Up, Count: 2, Admin: tally.Maint, Path: "/run/c", InitialWeight: 1}
	c.Health = &tally.Health{Result: "INI", Text: "Initializing", Number: 1, Rise: 2, Fall: 3, Count: 2}
	m, mail := row(tally.Server, "mail", "m", 3, 1), row(tally.Backend, "mail", "", 3, 0)
	m.Status, m.State = "no check", tally.State{Op: tally.Up, Count: 2, Address: "10.0.0.9", Port: 25, InitialWeight: 1}
	return &tally.Instance{
		Process: tally.Process{
			Version: "v1", Node: "here", Pid: 4711, Started: start, Now: start.Add(26*time.Hour + 3*time.Minute + 4*time.Second), Workers: 2,
			Stopping: true, Listeners: 3, OpenFiles: 20000, Maxconn: 2000, Sessions: 5, Counts: counts(),
			Rates: tally.Rates{Sessions: 6, SessionsMax: 7},
		},
		Rows: []tally.Row{front, a, b, c, back, m, mail},
		Workers: []tally.Worker{
			{Slot: 0, Pid: 100, Generation: 1, State: "active", Restarts: 2, Since: start, Sessions: 3, Requests: 4, CPU: 1500 * time.Millisecond, Memory: 1 << 20},
			{Slot: 1, Generation: 1, State: "resting", Since: start},
		},
		Generations: []tally.Generation{{Number: 1, State: "active", Started: start, Workers: 2, Sessions: 5}},
	}
}
