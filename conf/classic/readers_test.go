package classic

import (
	"testing"

	"lbmaster/conf/classic/keyword"
)

// TestEveryReadKeywordHasAReading: what the table of decisions says is read is read, and nothing else.
func TestEveryReadKeywordHasAReading(t *testing.T) {
	lists, readings, options := keyword.New(), newReadings(), newServer("").options
	for _, p := range []struct {
		list *keyword.List
		read map[string]reading
	}{{lists.Global, readings.global}, {lists.Proxies, readings.proxies}, {lists.Binds, readings.binds}} {
		for name, k := range p.list.Rows {
			r, ok := p.read[name]
			switch {
			case k.Verdict == keyword.Taken && !ok && k.Flag == "" && k.Args == 0 && p.list != lists.Binds:
				t.Errorf("%s is read, and nobody reads it", name)
			case (k.Verdict == keyword.Ignored || k.Verdict == keyword.Refused) && ok:
				t.Errorf("%s is %v, and somebody reads it", name, k.Verdict)
			case ok && r.read == nil:
				t.Errorf("%s has a reading of nothing", name)
			}
		}
		for name := range p.read {
			if p.list.Rows[name] == nil {
				t.Errorf("%s is read, and no keyword", name)
			}
		}
	}
	for name, k := range lists.Servers.Rows {
		if (k.Verdict == keyword.Taken) != (options[name] != nil) {
			t.Errorf("server ... %s is %v", name, k.Verdict)
		}
	}
}
