package admin

import (
	"strconv"

	"lbmaster/worker/monitor/tally"
)

// Filter says which rows show stat is to tell of.
type Filter struct {
	On       bool   // the three that follow count
	Proxy    string // its name, or its number; "-1": all
	Types    int    // a sum of 1 frontends, 2 backends, 4 servers; -1: all
	ServerID int    // -1: all
	Up       bool   // only what is up
	NoMaint  bool   // nothing that is in maintenance
}

// readShowStat reads "[<proxy> <types> <server id>] [up|no-maint|typed|json]*". What it does not know it ignores, as do those whose
// clients send it; three words and more begin with a filter, whatever they are.
func readShowStat(args []string) (Command, error) {
	c := Command{Verb: ShowStat}
	f := &c.Filter
	if len(args) >= 3 {
		*f = Filter{On: true, Proxy: args[0], Types: numberOr0(args[1]), ServerID: numberOr0(args[2])}
		args = args[3:]
	}
	for _, a := range args {
		f.Up = f.Up || a == "up"
		f.NoMaint = f.NoMaint || a == "no-maint"
		if to, ok := formats[a]; ok {
			c.Format = to
		}
	}
	return c, nil
}

// numberOr0 is a number, or 0: what is none selects nothing.
func numberOr0(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// named says whether the filter's proxy is the row's.
func (f *Filter) named(r *tally.Row) bool {
	return f.Proxy == r.Proxy || f.Proxy == "-1" || f.Proxy == strconv.Itoa(r.ProxyID)
}

// takes says whether the filter lets a row pass.
func (f *Filter) takes(r *tally.Row) bool {
	if f.On && (!f.named(r) || f.Types>>r.Kind&1 == 0 || f.ServerID != -1 && f.ServerID != r.ServerID) {
		return false
	}
	maint := r.Kind == tally.Server && r.State.Admin == tally.Maint
	up := r.Kind != tally.Server || r.State.Op != tally.Down && !maint
	return (!f.Up || up) && (!f.NoMaint || !maint)
}
