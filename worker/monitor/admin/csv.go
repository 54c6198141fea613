package admin

import (
	"io"
	"net"
	"strconv"
	"strings"

	"lbmaster/worker/monitor/tally"
)

// kinds is a set of kinds of rows.
type kinds uint8

const (
	fronts  kinds = 1 << tally.Frontend
	backs   kinds = 1 << tally.Backend
	servers kinds = 1 << tally.Server

	behind = backs | servers
	all    = fronts | behind
)

// column is one column of show stat. Rows of other kinds have nothing there.
type column struct {
	name string
	on   kinds
	cell func(*line)
}

// line is the cell that is being written.
type line struct {
	b   []byte
	row *tally.Row
	n   tally.Counts // since the counters were cleared
}

func (l *line) text(s string)      { l.b = append(l.b, s...) }
func (l *line) number(n int64)     { l.b = strconv.AppendInt(l.b, n, 10) }
func (l *line) count(n uint64)     { l.b = strconv.AppendUint(l.b, n, 10) }
func (l *line) httpCount(n uint64) { l.only(l.row.HTTP, n) }

func (l *line) only(ok bool, n uint64) {
	if ok {
		l.count(n)
	}
}

// health writes what is told of servers that are being checked.
func (l *line) health(f func(*tally.Health)) {
	if l.row.Health != nil && l.row.State.Admin != tally.Maint {
		f(l.row.Health)
	}
}

// none is a column about what there is nothing of here: queues, compression, caches, agents.
func none(l *line) { l.count(0) }

// blank is a column that exists so that the others are where they belong.
func blank(*line) {}

// columns are those of HAProxy 2.6, in its order: programs go by names, or by places.
var columns = []column{
	{"pxname", all, func(l *line) { l.text(l.row.Proxy) }},
	{"svname", all, func(l *line) { l.text(service(l.row)) }},
	{"qcur", behind, none},
	{"qmax", behind, none},
	{"scur", all, func(l *line) { l.number(l.row.Sessions.Now) }},
	{"smax", all, func(l *line) { l.number(l.row.Sessions.Max) }},
	{"slim", fronts | backs, func(l *line) { l.number(l.row.Sessions.Limit) }},
	{"stot", all, func(l *line) { l.count(l.n.Sessions) }},
	{"bin", all, func(l *line) { l.count(l.n.BytesIn) }},
	{"bout", all, func(l *line) { l.count(l.n.BytesOut) }},
	{"dreq", fronts | backs, none},
	{"dresp", all, none},
	{"ereq", fronts, func(l *line) { l.count(l.n.RequestErrors) }},
	{"econ", behind, func(l *line) { l.count(l.n.ConnectErrors) }},
	{"eresp", behind, func(l *line) { l.count(l.n.ResponseErrors) }},
	{"wretr", behind, func(l *line) { l.count(l.n.Retries) }},
	{"wredis", behind, func(l *line) { l.count(l.n.Redispatches) }},
	{"status", all, func(l *line) { l.text(l.row.Status) }},
	{"weight", behind, func(l *line) { l.number(int64(l.row.Weight)) }},
	{"act", behind, func(l *line) { l.number(int64(l.row.Active)) }},
	{"bck", behind, func(l *line) { l.number(int64(l.row.Backup)) }},
	{"chkfail", servers, func(l *line) { l.only(l.row.Health != nil, l.n.CheckFailures) }},
	{"chkdown", behind, func(l *line) { l.only(l.row.Kind == tally.Backend || l.row.Health != nil, l.n.Downs) }},
	{"lastchg", behind, func(l *line) { l.number(l.row.Changed) }},
	{"downtime", behind, func(l *line) { l.only(l.row.Kind == tally.Backend || l.row.Health != nil, uint64(l.row.Down)) }},
	{"qlimit", all, blank},
	{"pid", all, func(l *line) { l.count(1) }},
	{"iid", all, func(l *line) { l.number(int64(l.row.ProxyID)) }},
	{"sid", all, func(l *line) { l.number(int64(l.row.ServerID)) }},
	{"throttle", all, blank},
	{"lbtot", behind, func(l *line) { l.count(l.n.Balanced) }},
	{"tracked", all, blank},
	{"type", all, func(l *line) { l.number(int64(l.row.Kind)) }},
	{"rate", all, func(l *line) { l.count(l.row.Rates.Sessions) }},
	{"rate_lim", fronts, none},
	{"rate_max", all, func(l *line) { l.count(l.row.Rates.SessionsMax) }},
	{"check_status", servers, func(l *line) { l.health(func(h *tally.Health) { l.text(h.Result) }) }},
	{"check_code", servers, func(l *line) { l.health(func(h *tally.Health) { l.only(h.Code > 0, uint64(h.Code)) }) }},
	{"check_duration", servers, func(l *line) { l.health(func(h *tally.Health) { l.only(h.Checked, uint64(h.Took)) }) }},
	{"hrsp_1xx", all, func(l *line) { l.httpCount(l.n.Responses1xx) }},
	{"hrsp_2xx", all, func(l *line) { l.httpCount(l.n.Responses2xx) }},
	{"hrsp_3xx", all, func(l *line) { l.httpCount(l.n.Responses3xx) }},
	{"hrsp_4xx", all, func(l *line) { l.httpCount(l.n.Responses4xx) }},
	{"hrsp_5xx", all, func(l *line) { l.httpCount(l.n.Responses5xx) }},
	{"hrsp_other", all, func(l *line) { l.httpCount(l.n.ResponsesOther) }},
	{"hanafail", all, blank},
	{"req_rate", fronts, func(l *line) { l.count(l.row.Rates.Requests) }},
	{"req_rate_max", fronts, func(l *line) { l.count(l.row.Rates.RequestsMax) }},
	{"req_tot", all, func(l *line) { l.httpCount(l.n.Requests) }},
	{"cli_abrt", behind, func(l *line) { l.count(l.n.ClientAborts) }},
	{"srv_abrt", behind, func(l *line) { l.count(l.n.ServerAborts) }},
	{"comp_in", fronts | backs, none},
	{"comp_out", fronts | backs, none},
	{"comp_byp", fronts | backs, none},
	{"comp_rsp", fronts | backs, none},
	{"lastsess", behind, func(l *line) { l.number(l.row.LastUsed) }},
	{"last_chk", servers, func(l *line) { l.health(func(h *tally.Health) { l.text(quoted(h.Info)) }) }},
	{"last_agt", all, blank},
	{"qtime", behind, none},
	{"ctime", behind, func(l *line) { l.count(l.row.Averages.Connect) }},
	{"rtime", behind, func(l *line) { l.count(l.row.Averages.Response) }},
	{"ttime", behind, func(l *line) { l.count(l.row.Averages.Total) }},
	{"agent_status", all, blank},
	{"agent_code", all, blank},
	{"agent_duration", all, blank},
	{"check_desc", servers, func(l *line) { l.health(func(h *tally.Health) { l.text(h.Text) }) }},
	{"agent_desc", all, blank},
	{"check_rise", servers, func(l *line) { l.health(func(h *tally.Health) { l.number(int64(h.Rise)) }) }},
	{"check_fall", servers, func(l *line) { l.health(func(h *tally.Health) { l.number(int64(h.Fall)) }) }},
	{"check_health", servers, func(l *line) { l.health(func(h *tally.Health) { l.number(int64(h.Count)) }) }},
	{"agent_rise", all, blank},
	{"agent_fall", all, blank},
	{"agent_health", all, blank},
	{"addr", servers, func(l *line) { l.text(address(&l.row.State)) }},
	{"cookie", behind, func(l *line) { l.text(quoted(l.row.Cookie)) }},
	{"mode", all, func(l *line) { l.text(mode(l.row)) }},
	{"algo", backs, func(l *line) { l.text(l.row.Algorithm) }},
	{"conn_rate", fronts, func(l *line) { l.count(l.row.Rates.Sessions) }},
	{"conn_rate_max", fronts, func(l *line) { l.count(l.row.Rates.SessionsMax) }},
	{"conn_tot", fronts, func(l *line) { l.count(l.n.Sessions) }},
	{"intercepted", fronts, func(l *line) { l.count(l.n.Answered) }},
	{"dcon", fronts, none},
	{"dses", fronts, none},
	{"wrew", all, none},
	{"connect", behind, func(l *line) { l.count(l.n.Connects) }},
	{"reuse", behind, func(l *line) { l.count(l.n.Reuses) }},
	{"cache_lookups", fronts | backs, func(l *line) { l.httpCount(0) }},
	{"cache_hits", fronts | backs, func(l *line) { l.httpCount(0) }},
	{"srv_icur", servers, func(l *line) { l.number(l.row.Idle) }},
	{"src_ilim", all, blank},
	{"qtime_max", behind, none},
	{"ctime_max", all, blank}, // the workers keep no maxima
	{"rtime_max", all, blank},
	{"ttime_max", all, blank},
	{"eint", all, none},
	{"idle_conn_cur", servers, func(l *line) { l.number(l.row.Idle) }},
	{"safe_conn_cur", servers, none},
	{"used_conn_cur", servers, func(l *line) { l.number(l.row.Sessions.Now) }},
	{"need_conn_est", all, blank},
	{"uweight", behind, func(l *line) { l.number(int64(l.row.UserWeight)) }},
	{"agg_server_status", all, blank},
	{"agg_server_check_status", all, blank},
	{"agg_check_status", all, blank},
}

// service is the second column, by which many clients tell the kinds apart.
func service(r *tally.Row) string {
	switch r.Kind {
	case tally.Frontend:
		return "FRONTEND"
	case tally.Backend:
		return "BACKEND"
	}
	return r.Server
}

func mode(r *tally.Row) string {
	if r.HTTP {
		return "http"
	}
	return "tcp"
}

func address(s *tally.State) string {
	if s.Path != "" {
		return "unix"
	}
	return net.JoinHostPort(s.Address, strconv.Itoa(s.Port))
}

// quoted makes a text one cell.
func quoted(s string) string {
	if strings.ContainsAny(s, ",\"\n\r") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// WriteStat answers ShowStat.
func WriteStat(w io.Writer, in *tally.Instance, f *Filter) error {
	if f.On && f.Proxy != "-1" && !known(in, f) {
		return Refusal("No such proxy.\n")
	}
	l := &line{b: []byte("# ")}
	for i := range columns {
		l.text(columns[i].name)
		l.text(",")
	}
	l.text("\n")
	for i := range in.Rows {
		if f.takes(&in.Rows[i]) {
			l.writeRow(&in.Rows[i])
		}
	}
	_, err := w.Write(l.b)
	return err
}

func known(in *tally.Instance, f *Filter) bool {
	for i := range in.Rows {
		if f.named(&in.Rows[i]) {
			return true
		}
	}
	return false
}

func (l *line) writeRow(r *tally.Row) {
	l.row, l.n = r, r.Counts.Since(r.Cleared)
	for i := range columns {
		if columns[i].on>>r.Kind&1 != 0 {
			columns[i].cell(l)
		}
		l.text(",")
	}
	l.text("\n")
}
