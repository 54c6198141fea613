package monitor

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/shared/status"
	"lbmaster/worker/monitor/check"
	"lbmaster/worker/monitor/tally"
)

// firstProxyID is the number of the first proxy, as clients of the admin socket know it.
const firstProxyID = 2

// layOut puts the rows into the order in which they are told: the proxies as they are written, each with its frontend, its
// servers and its backend.
func (m *monitor) layOut() {
	type proxy struct {
		line, front, back int // -1: none
	}
	var all []proxy
	sections := make(map[string]int) // the place of each frontend
	for i := range m.config.Frontends {
		sections[m.config.Frontends[i].Section] = len(all)
		all = append(all, proxy{m.config.Frontends[i].Line, i, -1})
	}
	for i := range m.config.Backends {
		b := &m.config.Backends[i]
		if at, ok := sections[b.Section]; ok {
			all[at].back = i
			continue
		}
		all = append(all, proxy{b.Line, -1, i})
	}
	slices.SortStableFunc(all, func(a, b proxy) int { return cmp.Compare(a.line, b.line) })
	for i, p := range all {
		if p.front >= 0 {
			m.rows = append(m.rows, row{kind: tally.Frontend, stat: 1 + p.front, front: p.front, id: firstProxyID + i})
		}
		if p.back >= 0 {
			m.layOutBackend(m.backends[p.back], firstProxyID+i)
		}
	}
}

func (m *monitor) layOutBackend(b *backend, id int) {
	for i, t := range b.targets {
		m.rows = append(m.rows, row{kind: tally.Server, stat: t.row, back: b, target: t, id: id, serverID: i + 1})
	}
	m.rows = append(m.rows, row{kind: tally.Backend, stat: b.row, back: b, id: id})
}

// picture is everything that is to be told at this moment.
func (m *monitor) picture(now time.Time) *tally.Instance {
	in := &tally.Instance{Process: m.process(now), Rows: make([]tally.Row, len(m.rows)), Workers: m.workers(now)}
	for i := range m.rows {
		m.fill(&in.Rows[i], &m.rows[i], now)
	}
	in.Generations = m.generations(in.Workers)
	in.Failure = m.failure
	in.Process.Sessions = 0
	for _, g := range in.Generations {
		in.Process.Sessions += g.Sessions
	}
	return in
}

func (m *monitor) process(now time.Time) tally.Process {
	m.read(&m.whole, now)
	p := tally.Process{
		Version: m.version, Node: m.node, Pid: m.master, Started: m.started, Now: now, Workers: m.counters.Workers(), Stopping: m.draining,
		OpenFiles: m.files, Maxconn: m.config.Global.Maxconn, Counts: m.whole.now, Rates: m.whole.rates,
	}
	if m.orphan != nil {
		p.Orphaned, p.Alone = true, now.Sub(m.orphan.since)
	}
	for i := range m.config.Frontends {
		p.Listeners += len(m.config.Frontends[i].Binds)
	}
	return p
}

// fill tells of one row.
func (m *monitor) fill(to *tally.Row, r *row, now time.Time) {
	m.read(r, now)
	*to = tally.Row{
		Kind: r.kind, ProxyID: r.id, ServerID: r.serverID, Counts: r.now, Cleared: r.cleared, Rates: r.rates,
		Sessions: tally.Sessions{Now: r.sessions, Max: r.max}, LastUsed: -1,
	}
	if !r.used.IsZero() {
		to.LastUsed = int64(now.Sub(r.used).Seconds())
	}
	if r.back != nil {
		to.Averages = r.window.averages(r.now)
	}
	switch r.kind {
	case tally.Frontend:
		m.fillFrontend(to, r.front)
	case tally.Backend:
		m.fillBackend(to, r.back, now.UnixMilli())
	case tally.Server:
		m.fillServer(to, r.target, now.UnixMilli())
	}
}

func (m *monitor) fillFrontend(to *tally.Row, front int) {
	f := &m.config.Frontends[front]
	to.Proxy, to.HTTP, to.Status, to.Sessions.Limit = f.Name, f.Mode == conf.ModeHTTP, "OPEN", int64(m.config.MaxconnOf(front))
	if m.draining {
		to.Status = "STOP"
	}
}

func (m *monitor) fillBackend(to *tally.Row, b *backend, now int64) {
	to.Proxy, to.HTTP, to.Algorithm = b.name, b.conf.Mode == conf.ModeHTTP, b.conf.Balance
	to.Active, to.Backup = m.usable(b)
	to.Status = "UP"
	if !b.up && len(b.targets) > 0 {
		to.Status = "DOWN"
	}
	for _, t := range b.targets {
		if s := m.board.Load(t.slot); s.TakesNew() && t.conf.Backup == (to.Active == 0) {
			to.Weight += int(s.Weight)
		}
	}
	to.UserWeight = to.Weight
	to.Changed = m.secondsSince(b.since, now)
	to.Down = int64(to.Counts[counter.DownTime] / 1000)
	if to.Status == "DOWN" {
		to.Down += to.Changed
	}
	if b.conf.Cookie != nil {
		to.Cookie = b.conf.Cookie.Name
	}
	to.Sessions.Limit = b.share
}

// share says of each backend, by its name, what clients of the admin socket take for its full load: a tenth of the connections
// of the frontends that use it, at least one.
func (m *monitor) share() {
	sums := make(map[string]int)
	for i := range m.config.Frontends {
		sums[m.config.Frontends[i].Backend] += m.config.MaxconnOf(i)
	}
	for _, b := range m.backends {
		b.share = int64(max(1, sums[b.name]/10))
	}
}

// secondsSince is the time since a moment, or since the start when that is 0. Both are in ms since 1970.
func (m *monitor) secondsSince(at, now int64) int64 { return max(0, now-m.since(at)) / 1000 }

func (m *monitor) fillServer(to *tally.Row, t *target, now int64) {
	s := m.board.Load(t.slot)
	to.Proxy, to.Server, to.HTTP, to.Status = t.back.name, t.conf.Name, t.back.conf.Mode == conf.ModeHTTP, statusText(t, s)
	to.Weight, to.UserWeight = int(s.Weight), int(s.Weight)
	if t.conf.Backup {
		to.Backup = 1
	} else {
		to.Active = 1
	}
	to.Changed = m.secondsSince(m.board.Changed(t.slot), now)
	to.Down = int64(to.Counts[counter.DownTime] / 1000)
	if !s.Serves() {
		to.Down += to.Changed
	}
	to.Cookie, to.Tracked = t.conf.Cookie, t.conf.Track
	to.Idle = m.counters.IdleNow(t.row)
	to.State = tally.State{
		Op: tally.Op(s.Op), Admin: tally.Admin(s.Admin), Inherited: s.Inherited, Disabled: s.Disabled, Count: int(t.count), Path: t.conf.Address.Path, InitialWeight: t.conf.Weight, IsBackup: t.conf.Backup,
		Address: t.conf.Address.Host, Port: t.conf.Address.Port,
	}
	if t.conf.Address.IP.IsValid() {
		to.State.Address = t.conf.Address.IP.String()
	}
	if at := m.board.Address(t.slot); at.IsValid() {
		to.State.Address, to.State.Port = at.Addr().String(), int(at.Port())
	}
	if t.conf.Check {
		to.Health = healthOf(t)
	}
}

// statusText is the state of a server in one word or two.
func statusText(t *target, s status.State) string {
	text := t.limits.Text(t.count)
	way := strings.TrimPrefix(text, "UP") // of one that is up: "", or how far it is on its way down
	if !t.conf.Check {
		way = ""
	}
	switch {
	case s.Admin == status.Maint && s.Inherited:
		return "MAINT (via " + t.conf.Track + ")"
	case s.Admin == status.Maint:
		return "MAINT"
	case s.Op == status.Down && t.tracks != nil:
		return "DOWN"
	case s.Op == status.Down:
		return text
	case s.Op == status.Stopping:
		return "NOLB" + way
	case s.Admin == status.Drain:
		return "DRAIN" + way
	case t.tracks != nil:
		return "UP"
	case !t.conf.Check:
		return "no check"
	}
	return text
}

func healthOf(t *target) *tally.Health {
	r := t.last.Result
	return &tally.Health{
		Result: r.String(), Text: r.Text(), Number: r.Number(), Checked: r != check.None, Good: r.Good(), Layer7: r.Layer7(),
		Code: t.last.Code, Info: t.last.Info, Took: t.last.Took, Rise: t.limits.Rise, Fall: t.limits.Fall, Count: int(t.count),
	}
}
