package admin

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"lbmaster/shared/counter"
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

// column is one column of show stat. Rows of other kinds have nothing there. Tag and form are for typed answers; a column that is
// always blank has none.
type column struct {
	name string
	on   kinds
	tag  tag
	form form
	cell func(*line) value
}

// line is the row that is being written.
type line struct {
	row *tally.Row
	n   tally.Counts // since the counters were cleared
}

// counted is a column with a counter.
func counted(id counter.ID) func(*line) value {
	return func(l *line) value { return count(l.n[id]) }
}

// countedInHTTP is the same in mode http only.
func countedInHTTP(id counter.ID) func(*line) value {
	return func(l *line) value { return only(l.row.HTTP, l.n[id]) }
}

// whileChecked is what is told of backends, and of servers that are checked.
func (l *line) whileChecked(n uint64) value {
	return only(l.row.Kind == tally.Backend || l.row.Health != nil, n)
}

// ofHealth is a column about servers that are being checked.
func ofHealth(f func(*tally.Health) value) func(*line) value {
	return func(l *line) value {
		if l.row.Health == nil || l.row.State.Admin == tally.Maint {
			return value{}
		}
		return f(l.row.Health)
	}
}

// none is a column about what there is nothing of here: queues, compression, caches, agents.
func none(*line) value { return count(0) }

// blank is a column that exists so that the others are where they belong.
func blank(*line) value { return value{} }

// columns are those of HAProxy 2.6, in its order: programs go by names, or by places.
var columns = []column{
	{"pxname", all, "KNS", str, func(l *line) value { return text(l.row.Proxy) }},
	{"svname", all, "KNS", str, func(l *line) value { return text(service(l.row)) }},
	{"qcur", behind, "MGP", u32, none},
	{"qmax", behind, "MMP", u32, none},
	{"scur", all, "MGP", u32, func(l *line) value { return number(l.row.Sessions.Now) }},
	{"smax", all, "MMP", u32, func(l *line) value { return number(l.row.Sessions.Max) }},
	{"slim", fronts | backs, "CLP", u32, func(l *line) value { return number(l.row.Sessions.Limit) }},
	{"stot", all, "MCP", u64, counted(counter.Sessions)},
	{"bin", all, "MCP", u64, counted(counter.BytesIn)},
	{"bout", all, "MCP", u64, counted(counter.BytesOut)},
	{"dreq", fronts | backs, "MCP", u64, none},
	{"dresp", all, "MCP", u64, none},
	{"ereq", fronts, "MCP", u64, counted(counter.RequestErrors)},
	{"econ", behind, "MCP", u64, counted(counter.ConnectErrors)},
	{"eresp", behind, "MCP", u64, counted(counter.ResponseErrors)},
	{"wretr", behind, "MCP", u64, counted(counter.Retries)},
	{"wredis", behind, "MCP", u64, counted(counter.Redispatches)},
	{"status", all, "SGP", str, func(l *line) value { return text(l.row.Status) }},
	{"weight", behind, "MaP", u32, func(l *line) value { return number(l.row.Weight) }},
	{"act", behind, "SGP,MGP", u32, func(l *line) value { return number(l.row.Active) }},
	{"bck", behind, "SGP,MGP", u32, func(l *line) value { return number(l.row.Backup) }},
	{"chkfail", servers, "MCP", u64, func(l *line) value { return only(l.row.Health != nil, l.n[counter.CheckFailures]) }},
	{"chkdown", behind, "MCP", u64, func(l *line) value { return l.whileChecked(l.n[counter.Downs]) }},
	{"lastchg", behind, "MAP", u32, func(l *line) value { return number(l.row.Changed) }},
	{"downtime", behind, "MCP", u32, func(l *line) value { return l.whileChecked(uint64(l.row.Down)) }},
	{"qlimit", all, "", nothing, blank},
	{"pid", all, "KGP", u32, func(l *line) value { return count(1) }},
	{"iid", all, "KGS", u32, func(l *line) value { return number(l.row.ProxyID) }},
	{"sid", all, "KGS", u32, func(l *line) value { return number(l.row.ServerID) }},
	{"throttle", all, "", nothing, blank},
	{"lbtot", behind, "MCP", u64, counted(counter.Balanced)},
	{"tracked", servers, "CNS", str, func(l *line) value { return given(l.row.Tracked) }},
	{"type", all, "CGS", u32, func(l *line) value { return number(l.row.Kind) }},
	{"rate", all, "MRP,MGP", u32, func(l *line) value { return count(l.row.Rates.Sessions) }},
	{"rate_lim", fronts, "CLP", u32, none},
	{"rate_max", all, "MMP,MGP", u32, func(l *line) value { return count(l.row.Rates.SessionsMax) }},
	{"check_status", servers, "MOP", str, ofHealth(func(h *tally.Health) value { return text(h.Result) })},
	{"check_code", servers, "MOP", u32, ofHealth(func(h *tally.Health) value { return only(h.Code > 0, uint64(h.Code)) })},
	{"check_duration", servers, "MDP", u64, ofHealth(func(h *tally.Health) value { return only(h.Checked, uint64(h.Took)) })},
	{"hrsp_1xx", all, "MCP", u64, countedInHTTP(counter.Responses1xx)},
	{"hrsp_2xx", all, "MCP", u64, countedInHTTP(counter.Responses2xx)},
	{"hrsp_3xx", all, "MCP", u64, countedInHTTP(counter.Responses3xx)},
	{"hrsp_4xx", all, "MCP", u64, countedInHTTP(counter.Responses4xx)},
	{"hrsp_5xx", all, "MCP", u64, countedInHTTP(counter.Responses5xx)},
	{"hrsp_other", all, "MCP", u64, countedInHTTP(counter.ResponsesOther)},
	{"hanafail", all, "", nothing, blank},
	{"req_rate", fronts, "MRP", u32, func(l *line) value { return count(l.row.Rates.Requests) }},
	{"req_rate_max", fronts, "MMP", u32, func(l *line) value { return count(l.row.Rates.RequestsMax) }},
	{"req_tot", all, "MCP", u64, func(l *line) value { return only(l.row.HTTP || l.row.Kind == tally.Frontend, l.n[counter.Requests]) }},
	{"cli_abrt", behind, "MCP", u64, counted(counter.ClientAborts)},
	{"srv_abrt", behind, "MCP", u64, counted(counter.ServerAborts)},
	{"comp_in", fronts | backs, "MCP", u64, none},
	{"comp_out", fronts | backs, "MCP", u64, none},
	{"comp_byp", fronts | backs, "MCP", u64, none},
	{"comp_rsp", fronts | backs, "MCP", u64, none},
	{"lastsess", behind, "MAP", s32, func(l *line) value { return number(l.row.LastUsed) }},
	{"last_chk", servers, "MOP", str, ofHealth(func(h *tally.Health) value { return text(h.Info) })},
	{"last_agt", all, "", nothing, blank},
	{"qtime", behind, "MaP", u32, none},
	{"ctime", behind, "MaP", u32, func(l *line) value { return count(l.row.Averages.Connect) }},
	{"rtime", behind, "MaP", u32, func(l *line) value { return count(l.row.Averages.Response) }},
	{"ttime", behind, "MaP", u32, func(l *line) value { return count(l.row.Averages.Total) }},
	{"agent_status", all, "", nothing, blank},
	{"agent_code", all, "", nothing, blank},
	{"agent_duration", all, "", nothing, blank},
	{"check_desc", servers, "MOP", str, ofHealth(func(h *tally.Health) value { return text(h.Text) })},
	{"agent_desc", all, "", nothing, blank},
	{"check_rise", servers, "CGS", u32, ofHealth(func(h *tally.Health) value { return number(h.Rise) })},
	{"check_fall", servers, "CGS", u32, ofHealth(func(h *tally.Health) value { return number(h.Fall) })},
	{"check_health", servers, "CGS", u32, ofHealth(func(h *tally.Health) value { return number(h.Count) })},
	{"agent_rise", all, "", nothing, blank},
	{"agent_fall", all, "", nothing, blank},
	{"agent_health", all, "", nothing, blank},
	{"addr", servers, "CGS", str, func(l *line) value { return text(address(&l.row.State)) }},
	{"cookie", behind, "CNS", str, func(l *line) value { return given(l.row.Cookie) }},
	{"mode", all, "CGS", str, func(l *line) value { return text(mode(l.row)) }},
	{"algo", backs, "CGS", str, func(l *line) value { return given(l.row.Algorithm) }},
	{"conn_rate", fronts, "MRP", u32, func(l *line) value { return count(l.row.Rates.Sessions) }},
	{"conn_rate_max", fronts, "MMP", u32, func(l *line) value { return count(l.row.Rates.SessionsMax) }},
	{"conn_tot", fronts, "MCP", u64, counted(counter.Sessions)},
	{"intercepted", fronts, "MCP", u64, countedInHTTP(counter.Answered)},
	{"dcon", fronts, "MCP", u64, none},
	{"dses", fronts, "MCP", u64, none},
	{"wrew", all, "MCP", u64, none},
	{"connect", behind, "MCP", u64, counted(counter.Connects)},
	{"reuse", behind, "MCP", u64, counted(counter.Reuses)},
	{"cache_lookups", fronts | backs, "MCP", u64, func(l *line) value { return only(l.row.HTTP, 0) }},
	{"cache_hits", fronts | backs, "MCP", u64, func(l *line) value { return only(l.row.HTTP, 0) }},
	{"srv_icur", servers, "MGP", u32, func(l *line) value { return number(l.row.Idle) }},
	{"src_ilim", all, "", nothing, blank},
	{"qtime_max", behind, "MMP", u32, none},
	{"ctime_max", all, "", nothing, blank}, // the workers keep no maxima
	{"rtime_max", all, "", nothing, blank},
	{"ttime_max", all, "", nothing, blank},
	{"eint", all, "MCP", u64, none},
	{"idle_conn_cur", servers, "MGP", u32, func(l *line) value { return number(l.row.Idle) }},
	{"safe_conn_cur", servers, "MGP", u32, none},
	{"used_conn_cur", servers, "MGP", u32, func(l *line) value { return number(l.row.Sessions.Now) }},
	{"need_conn_est", all, "", nothing, blank},
	{"uweight", behind, "MaP", u32, func(l *line) value { return number(l.row.UserWeight) }},
	{"agg_server_status", all, "", nothing, blank},
	{"agg_server_check_status", all, "", nothing, blank},
	{"agg_check_status", all, "", nothing, blank},
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

// chunk is how much of an answer is written at once: in JSON, a server takes more than 10 KiB.
const chunk = 64 << 10

// WriteStat answers ShowStat, in pieces when it is much.
func WriteStat(w io.Writer, in *tally.Instance, f *Filter, to Format) error {
	if f.On && f.Proxy != "-1" && !known(in, f) {
		return Refusal("No such proxy.\n")
	}
	b := []byte([...]string{Plain: header(), JSON: "["}[to])
	var cells []value
	for i := range in.Rows {
		r := &in.Rows[i]
		if !f.takes(r) {
			continue
		}
		if to == JSON && cells != nil {
			b = append(b, ',')
		}
		cells = cellsOf(cells[:0], r)
		if b = appendRow(b, r, cells, to); len(b) < chunk {
			continue
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	_, err := w.Write(append(b, [...]string{JSON: "]\n"}[to]...))
	return err
}

func appendRow(b []byte, r *tally.Row, cells []value, to Format) []byte {
	switch to {
	case Typed:
		return appendTyped(b, fmt.Sprintf("%.1s.%d.%d.", objects[r.Kind], r.ProxyID, r.ServerID), named(r.Kind, cells))
	case JSON:
		return appendJSON(b, fmt.Sprintf(`"objType":"%s","proxyId":%d,"id":%d,`, objects[r.Kind], r.ProxyID, r.ServerID), named(r.Kind, cells))
	}
	return appendCSV(b, cells)
}

// objects are what rows are about, in typed answers a letter.
var objects = [...]string{tally.Frontend: "Frontend", tally.Backend: "Backend", tally.Server: "Server"}

func known(in *tally.Instance, f *Filter) bool {
	for i := range in.Rows {
		if f.named(&in.Rows[i]) {
			return true
		}
	}
	return false
}

// cellsOf appends what all columns tell of a row.
func cellsOf(cells []value, r *tally.Row) []value {
	l := &line{r, r.Counts.Since(r.Cleared)}
	for i := range columns {
		v := value{}
		if columns[i].on>>r.Kind&1 != 0 {
			v = columns[i].cell(l)
		}
		cells = append(cells, v)
	}
	return cells
}

// named are cells with what clients of typed answers know them by.
func named(k tally.Kind, cells []value) []told {
	all := make([]told, len(cells))
	for i, v := range cells {
		c := &columns[i]
		all[i] = told{i, c.name, c.tag.of(k), c.form, v}
	}
	return all
}

// header is the first line of the CSV.
func header() string {
	var b strings.Builder
	b.WriteString("# ")
	for i := range columns {
		b.WriteString(columns[i].name + ",")
	}
	return b.String() + "\n"
}
