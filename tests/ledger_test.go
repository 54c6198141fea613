//go:build linux

package tests

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledger reads the counters of a site again and again, by both interfaces, and remembers what was wrong: an answer that did not come, a
// counter that went back, or one of the first reading that is gone.
type ledger struct {
	t       *testing.T
	site    site
	stop    chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows
	between bool       // two generations: nothing is remembered
	first   map[string]float64
	last    map[string]float64
	looks   int
	grew    map[string]bool
	wrong   []string
}

// startLedger begins to read. It goes on until close.
func startLedger(t *testing.T, s site) *ledger {
	t.Helper()
	l := &ledger{t: t, site: s, stop: make(chan struct{}), grew: make(map[string]bool)}
	l.running.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			l.look()
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
		}
	})
	t.Cleanup(l.close)
	return l
}

// close ends the reading.
func (l *ledger) close() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.running.Wait()
}

// cross says whether an upgrade is going on. While two monitors answer, the newer one may not know yet what the older one has told a
// moment ago. So all that is told meanwhile, and the first that is told after it, is compared with the last that was told before.
func (l *ledger) cross(begins bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.between = begins
}

// check fails the test when something was wrong, or too little was read to tell.
func (l *ledger) check(looks int) {
	l.t.Helper()
	l.t.Logf("%d counters were read %d times, %d of them grew", len(l.last), l.looks, len(l.grew))
	if l.looks < looks || len(l.grew) < 20 {
		l.t.Error("that is too little")
	}
	if len(l.wrong) > 0 {
		l.t.Errorf("%d times a counter was wrong:\n%s", len(l.wrong), strings.Join(l.wrong[:min(20, len(l.wrong))], "\n"))
	}
}

func (l *ledger) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looks++
	now, err := l.read()
	if err != nil {
		l.wrongly("%v", err)
		return
	}
	for name, v := range now {
		was, known := l.last[name]
		switch {
		case known && v < was:
			l.wrongly("%s went from %v to %v", name, was, v)
		case known && v > was:
			l.grew[name] = true
		}
	}
	if l.first == nil {
		l.first = now
	}
	for name := range l.first {
		if _, there := now[name]; !there {
			l.wrongly("%s is gone", name)
		}
	}
	if !l.between {
		l.last = now
	}
}

func (l *ledger) wrongly(format string, args ...any) {
	l.wrong = append(l.wrong, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// statCounters are the columns of show stat that only grow.
var statCounters = strings.Fields(`stot bin bout ereq econ eresp wretr wredis chkfail chkdown downtime lbtot req_tot hrsp_1xx hrsp_2xx
	hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other cli_abrt srv_abrt`)

// read returns all counters, by the interface that tells them and their names there.
func (l *ledger) read() (map[string]float64, error) {
	text, err := tryScrape(l.site.metrics())
	if err != nil {
		return nil, err
	}
	all := make(map[string]float64)
	values, types := samples(l.t, text)
	for name, v := range values {
		if family, _, _ := strings.Cut(name, "{"); types[family] == "counter" {
			all[name] = v
		}
	}
	if text, err = tryTell(l.site.socket, "show stat"); err != nil {
		return nil, err
	}
	for name, row := range readStats(l.t, text) {
		for _, column := range statCounters {
			if v, there := row[column]; there && v != "" {
				all["show stat, "+column+" of "+name] = float64(row.number(column))
			}
		}
	}
	return all, nil
}
