package tally

// Counts are counters of a row. They only grow.
type Counts struct {
	Sessions, Requests, BytesIn, BytesOut                      uint64
	Responses1xx, Responses2xx, Responses3xx                   uint64
	Responses4xx, Responses5xx, ResponsesOther                 uint64
	RequestErrors, ConnectErrors, ResponseErrors               uint64
	Retries, Redispatches, ClientAborts, ServerAborts          uint64
	Connects, Reuses, Balanced, Answered, CheckFailures, Downs uint64
	LogsDropped, WorkerDeaths, MonitorDeaths                   uint64
	Upgrades, FailedUpgrades                                   uint64
	ConnectTime, ResponseTime, TotalTime, DownTime/* ms, summed */ uint64
}

// fields lists all counters.
func (c *Counts) fields() []*uint64 {
	return []*uint64{
		&c.Sessions, &c.Requests, &c.BytesIn, &c.BytesOut,
		&c.Responses1xx, &c.Responses2xx, &c.Responses3xx, &c.Responses4xx, &c.Responses5xx, &c.ResponsesOther,
		&c.RequestErrors, &c.ConnectErrors, &c.ResponseErrors, &c.Retries, &c.Redispatches, &c.ClientAborts, &c.ServerAborts,
		&c.Connects, &c.Reuses, &c.Balanced, &c.Answered, &c.CheckFailures, &c.Downs,
		&c.LogsDropped, &c.WorkerDeaths, &c.MonitorDeaths, &c.Upgrades, &c.FailedUpgrades,
		&c.ConnectTime, &c.ResponseTime, &c.TotalTime, &c.DownTime,
	}
}

// Since is what was counted after base.
func (c Counts) Since(base Counts) Counts {
	from := base.fields()
	for i, f := range c.fields() {
		*f -= min(*f, *from[i])
	}
	return c
}
