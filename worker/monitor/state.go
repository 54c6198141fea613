package monitor

import (
	"cmp"
	"time"

	"lbmaster/shared/counter"
	"lbmaster/shared/status"
	"lbmaster/worker/monitor/check"
)

// finished is a check that has come to its end.
type finished struct {
	target  *target
	round   int
	outcome check.Outcome
	took    time.Duration
	err     error // why there is no outcome
}

// launch begins the checks whose time has come. Those of one server never overlap, and one in maintenance is left alone.
func (m *monitor) launch(now time.Time) {
	if m.schedule == nil {
		return
	}
	for {
		i, ok := m.schedule.due(now)
		if !ok {
			return
		}
		t := m.checked[i]
		if t.running || m.board.Load(t.slot).Admin == status.Maint {
			continue
		}
		t.running = true
		go func(p probe, round int) {
			start := time.Now()
			o, err := p.run()
			m.results <- finished{t, round, o, time.Since(start), err}
		}(t.probe, t.round)
	}
}

// onFinished takes the outcome of a check. One that says nothing about the server, or belongs to an earlier round, is
// dropped.
func (m *monitor) onFinished(f finished) {
	t := f.target
	t.running = false
	if f.round != t.round || m.retired || !f.outcome.Result.Good() && f.took > t.probe.timeout+standstill {
		return
	}
	lacks := ""
	if f.outcome.Result == check.None {
		lacks = f.err.Error()
	}
	if m.shortages.move(t.lacks, lacks) {
		m.report(Warning, "checks cannot be made: "+lacks)
	}
	t.lacks = lacks
	if lacks != "" {
		return
	}
	m.judge(t, f.outcome, time.Now().UnixMilli())
}

// judge lets an outcome change the state of a server.
func (m *monitor) judge(t *target, o check.Outcome, now int64) {
	before, count, result := m.board.Load(t.slot), t.count, t.last.Result
	good := o.Result.Good()
	t.last = o
	t.count = t.limits.Next(t.count, good)
	why := o.Reason()
	if t.back.conf.LogChecks {
		why = "" // it is in this line
		if t.count != count || o.Result != result {
			m.report(Notice, t.checkNotice())
		}
	}
	if before.Op != status.Down && !good {
		t.counters[counter.CheckFailures].Add(1)
	}
	m.keep(t, now)
	op := before.Op
	switch {
	case !t.limits.Up(t.count):
		op = status.Down
	case good: // also when somebody has said that it stops
		op = status.Up
	}
	m.setOp(t, op, why, now)
}

// setHealth makes a server what an operator says, as if enough checks had said so. The checks go on from there. One in maintenance
// begins anew when that ends, whatever is said before.
func (m *monitor) setHealth(t *target, op status.Op, now int64) {
	if m.board.Load(t.slot).Admin == status.Maint {
		return
	}
	if t.count = t.limits.Top(); op == status.Down {
		t.count = 0
	}
	m.keep(t, m.board.Checked(t.slot))
	m.setOp(t, op, "changed from CLI", now)
}

// setOp changes the operational state of a server, if it is another one, and says why.
func (m *monitor) setOp(t *target, op status.Op, why string, now int64) {
	before := m.board.Load(t.slot)
	if before.Op == op {
		return
	}
	next := before
	next.Op = op
	m.change(t, next, now)
	if why != "" {
		why = ", " + why
	}
	m.tell(opNotices(t, before, next, why, m.view(t)))
	m.reckon(t.back, now)
	m.lead(t, now)
}

// tell reports a change of a server.
func (m *monitor) tell(all notices) {
	for _, n := range all {
		m.report(n.level, n.text)
	}
}

// interval is the time between two checks of the server as it is now.
func (t *target) interval() time.Duration {
	switch {
	case t.count == t.limits.Top():
		return t.conf.Inter
	case t.count == 0:
		return cmp.Or(t.conf.DownInter, t.conf.Inter)
	}
	return cmp.Or(t.conf.FastInter, t.conf.Inter) // it is on its way up or down, or has not been checked yet
}

// keep notes on the board what a next monitor needs to go on, and lets the next check come when the server's new count asks for it.
func (m *monitor) keep(t *target, now int64) {
	if m.schedule != nil && t.conf.Check {
		m.schedule.pace(t.turn, t.interval(), time.Now())
	}
	m.board.StoreCheck(t.slot, status.Check{
		Result: uint8(t.last.Result), Code: uint16(t.last.Code), Health: uint16(t.count), Took: uint32(min(t.last.Took, 1<<24-1)),
	}, now)
}

// change stores a new state of a server, and counts the time and the fall.
func (m *monitor) change(t *target, next status.State, now int64) {
	before := m.board.Load(t.slot)
	if !before.Serves() {
		t.counters[counter.DownTime].Add(uint64(max(0, now-m.since(m.board.Changed(t.slot)))))
	}
	if before.Serves() && !next.Serves() {
		t.counters[counter.Downs].Add(1)
	}
	m.board.Store(t.slot, next, now)
}

// since is a moment, in ms since 1970, or the start when it is 0: before anything has changed.
func (m *monitor) since(at int64) int64 {
	if at == 0 {
		return m.started.UnixMilli()
	}
	return at
}

// reckon finds out whether a backend can still serve, and tells when that changes.
func (m *monitor) reckon(b *backend, now int64) {
	active, backup := m.usable(b)
	up := active+backup > 0
	if up == b.up {
		return
	}
	if up {
		b.counters[counter.DownTime].Add(uint64(max(0, now-m.since(b.since))))
	} else {
		b.counters[counter.Downs].Add(1)
		m.report(Emerg, b.word+" "+b.name+" has no server available!")
	}
	b.up, b.since = up, now
}

// usable counts the servers of a backend that take new clients.
func (m *monitor) usable(b *backend) (active, backup int) {
	for _, t := range b.targets {
		s := m.board.Load(t.slot)
		switch {
		case !s.TakesNew() || s.Weight == 0:
		case t.conf.Backup:
			backup++
		default:
			active++
		}
	}
	return active, backup
}

// setAdmin changes the administrative state of a server. One that leaves maintenance begins anew, as one that was never
// checked.
func (m *monitor) setAdmin(t *target, to status.Admin, now int64) {
	before := m.board.Load(t.slot)
	if before.Wanted() == to {
		return
	}
	next := before
	next.Admin, next.Inherited, next.Own = to, false, status.Ready
	if before.Admin == status.Maint {
		next.Op = status.Up
	}
	if next = m.under(t, next); next.Admin == before.Admin { // the server that it tracks keeps it out of service
		m.board.Store(t.slot, next, m.board.Changed(t.slot))
		return
	}
	if before.Admin == status.Maint || to == status.Maint {
		t.round++
		t.count, t.last = t.limits.First(), check.Outcome{}
		m.keep(t, 0)
	}
	m.change(t, next, now)
	m.tell(adminNotices(t, before, next, m.view(t)))
	m.reckon(t.back, now)
	m.lead(t, now)
}

// setWeight changes the weight of a server. That is no change of state.
func (m *monitor) setWeight(t *target, weight int, now int64) {
	next := m.board.Load(t.slot)
	next.Weight = uint16(weight)
	m.board.Store(t.slot, next, m.board.Changed(t.slot))
	m.reckon(t.back, now)
}
