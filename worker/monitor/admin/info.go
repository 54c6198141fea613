package admin

import (
	"fmt"
	"io"
	"time"

	"lbmaster/shared/counter"
	"lbmaster/worker/monitor/tally"
)

// item is one value of show info. The numbers are those that HAProxy's fields have; where one is left out, there is nothing here
// that it could tell.
type item struct {
	pos  int
	name string
	tag  tag
	form form
	cell func(*tally.Process) value
}

// ours is where the numbers of fields begin that HAProxy does not have: it adds its own behind the last one.
const ours = 1000

// zero is an item about what there is nothing of here, and that clients miss otherwise.
func zero(*tally.Process) value { return count(0) }

// countedOf is an item with a counter of the instance.
func countedOf(id counter.ID) func(*tally.Process) value {
	return func(p *tally.Process) value { return count(p.Counts[id]) }
}

// items are in the order of their numbers.
var items = []item{
	{0, "Name", "POS", str, func(*tally.Process) value { return text("lbmaster") }},
	{1, "Version", "POS", str, func(p *tally.Process) value { return text(p.Version) }},
	{2, "Release_date", "POS", str, func(*tally.Process) value { return text("-") }},
	{3, "Nbthread", "CGS", u32, func(*tally.Process) value { return count(1) }},
	{4, "Nbproc", "CGS", u32, func(p *tally.Process) value { return number(p.Workers) }},
	{5, "Process_num", "KGP", u32, func(*tally.Process) value { return count(1) }},
	{6, "Pid", "SGP", u32, func(p *tally.Process) value { return number(p.Pid) }},
	{7, "Uptime", "MDP", str, func(p *tally.Process) value { return text(spelled(p.Uptime())) }},
	{8, "Uptime_sec", "MDP", u32, func(p *tally.Process) value { return seconds(p.Uptime()) }},
	{13, "Ulimit-n", "CLP", u32, func(p *tally.Process) value { return count(p.OpenFiles) }},
	{14, "Maxsock", "CLP", u32, func(p *tally.Process) value { return count(p.OpenFiles) }},
	{15, "Maxconn", "CLP", u32, func(p *tally.Process) value { return number(p.Maxconn) }},
	{16, "Hard_maxconn", "CLP", u32, func(p *tally.Process) value { return number(p.Maxconn) }},
	{17, "CurrConns", "MGP", u32, func(p *tally.Process) value { return number(p.Sessions) }},
	{18, "CumConns", "MCP", u32, countedOf(counter.Sessions)},
	{19, "CumReq", "MCP", u32, countedOf(counter.Requests)},
	{23, "Maxpipes", "CLP", u32, zero},
	{24, "PipesUsed", "MGP", u32, zero},
	{25, "PipesFree", "MGP", u32, zero},
	{26, "ConnRate", "MRP", u32, func(p *tally.Process) value { return count(p.Rates.Sessions) }},
	{27, "ConnRateLimit", "CLP", u32, zero},
	{28, "MaxConnRate", "MMP", u32, func(p *tally.Process) value { return count(p.Rates.SessionsMax) }},
	{29, "SessRate", "MRP", u32, func(p *tally.Process) value { return count(p.Rates.Sessions) }},
	{30, "SessRateLimit", "CLP", u32, zero},
	{31, "MaxSessRate", "MRP", u32, func(p *tally.Process) value { return count(p.Rates.SessionsMax) }},
	{47, "Tasks", "MGP", u32, func(p *tally.Process) value { return number(p.Sessions) }},
	{48, "Run_queue", "MGP", u32, zero},
	{50, "node", "COS", str, func(p *tally.Process) value { return text(p.Node) }},
	{52, "Stopping", "MGP", u32, func(p *tally.Process) value { return digit(p.Stopping) }},
	{55, "Listeners", "MGP", u32, func(p *tally.Process) value { return number(p.Listeners) }},
	{58, "DroppedLogs", "MGP", u32, countedOf(counter.LogsDropped)},
	{61, "TotalBytesOut", "MGP", u64, countedOf(counter.BytesOut)},
	{70, "Start_time_sec", "MDP", u32, func(p *tally.Process) value { return number(p.Started.Unix()) }},
	{ours, "Orphaned", "SGP", u32, func(p *tally.Process) value { return digit(p.Orphaned) }},
	{ours + 1, "Orphaned_sec", "MDP", u32, func(p *tally.Process) value { return seconds(p.Alone) }},
	{ours + 2, "WorkerRestarts", "MCP", u64, countedOf(counter.WorkerDeaths)},
	{ours + 3, "MonitorRestarts", "MCP", u64, countedOf(counter.MonitorDeaths)},
	{ours + 4, "Upgrades", "MCP", u64, countedOf(counter.Upgrades)},
	{ours + 5, "FailedUpgrades", "MCP", u64, countedOf(counter.FailedUpgrades)},
}

// WriteInfo answers ShowInfo.
func WriteInfo(w io.Writer, in *tally.Instance, to Format) error {
	all := make([]told, 0, len(items))
	for i := range items {
		t := &items[i]
		all = append(all, told{t.pos, t.name, t.tag, t.form, t.cell(&in.Process)})
	}
	var b []byte
	switch to {
	case Plain:
		b = appendLines(b, all)
	case Typed:
		b = appendTyped(b, "", all)
	case JSON:
		b = append(appendJSON(b, "", all), '\n')
	}
	_, err := w.Write(b)
	return err
}

// readShowInfo reads "[typed|json]". What it does not know it ignores, as do those whose clients send it.
func readShowInfo(args []string) (Command, error) {
	c := Command{Verb: ShowInfo}
	for _, a := range args {
		if f, ok := formats[a]; ok {
			c.Format = f
		}
	}
	return c, nil
}

func digit(b bool) value {
	if b {
		return count(1)
	}
	return count(0)
}

func seconds(d time.Duration) value { return number(int64(d.Seconds())) }

// spelled is a time as "1d 2h03m04s".
func spelled(d time.Duration) string {
	s := int64(d.Seconds())
	return fmt.Sprintf("%dd %dh%02dm%02ds", s/86400, s/3600%24, s/60%60, s%60)
}
