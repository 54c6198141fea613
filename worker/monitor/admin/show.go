package admin

import (
	"fmt"
	"io"
	"strings"

	"lbmaster/worker/monitor/tally"
)

const stateHeader = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
	"srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state " +
	"bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"

// WriteState answers ShowState. An empty backend is all of them.
func WriteState(w io.Writer, in *tally.Instance, backend string) error {
	var b strings.Builder
	b.WriteString(stateHeader)
	found := backend == ""
	for i := range in.Rows {
		r := &in.Rows[i]
		if backend != "" && r.Proxy != backend || r.Kind == tally.Frontend {
			continue
		}
		found = true
		if r.Kind == tally.Server {
			writeState(&b, r)
		}
	}
	if !found {
		return Refusal("Can't find backend.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// The numbers of show servers state.
const (
	forcedMaint, forcedDrain           = 1, 8
	inheritedMaint, inheritedDrain     = 2, 16
	configuredMaint                    = 4
	checkUnknown, checkBad, checkGood  = 0, 2, 3
	checkEnabled, checkPaused, noCheck = 6, 14, 0
	noStatus                           = 1
)

var operations = [...]int{tally.Down: 0, tally.Up: 2, tally.Stopping: 3}

func writeState(b *strings.Builder, r *tally.Row) {
	op, admin := operations[r.State.Op], 0
	if r.State.Admin == tally.Maint {
		op = operations[tally.Down]
	}
	switch s := r.State; {
	case s.Admin == tally.Maint && s.Inherited:
		admin = inheritedMaint
	case s.Admin == tally.Maint:
		admin = forcedMaint
	case s.Admin == tally.Drain && s.Inherited:
		admin = inheritedDrain
	case s.Admin == tally.Drain:
		admin = forcedDrain
	}
	if r.State.Disabled {
		admin |= configuredMaint // whatever has become of it
	}
	status, result, health, state := checkOf(r)
	addr := r.State.Address
	if addr == "" {
		addr = "-"
	}
	fmt.Fprintf(b, "%d %s %d %s %s %d %d %d %d %d %d %d %d %d 0 0 0 - %d - 0 0 - - 0\n", r.ProxyID, r.Proxy, r.ServerID, r.Server, addr,
		op, admin, r.UserWeight, r.State.InitialWeight, r.Changed, status, result, health, state, r.State.Port)
}

// checkOf is what a row's checks are in numbers.
func checkOf(r *tally.Row) (status, result, health, state int) {
	h := r.Health
	if h == nil {
		return noStatus, checkUnknown, r.State.Count, noCheck
	}
	state = checkEnabled
	if r.State.Admin == tally.Maint {
		state = checkPaused
	}
	switch {
	case !h.Checked:
		result = checkUnknown
	case h.Good:
		result = checkGood
	default:
		result = checkBad
	}
	return h.Number, result, h.Count, state
}

// WriteSess answers ShowSess: how many sessions each frontend has, and each server.
func WriteSess(w io.Writer, in *tally.Instance) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# sessions: %d of at most %d\n", in.Process.Sessions, in.Process.Maxconn)
	for i := range in.Rows {
		r := &in.Rows[i]
		fmt.Fprintf(&b, "px=%s sv=%s sess=%d max=%d rate=%d\n", r.Proxy, service(r), r.Sessions.Now, r.Sessions.Max, r.Rates.Sessions)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteWorkers answers ShowWorkers. Times are in seconds, memory in bytes.
func WriteWorkers(w io.Writer, in *tally.Instance) error {
	var b strings.Builder
	b.WriteString("# slot pid generation state since connections requests cpu memory restarts\n")
	for _, k := range in.Workers {
		since := int64(in.Process.Now.Sub(k.Since).Seconds())
		fmt.Fprintf(&b, "%d %d %d %s %d %d %d %.2f %d %d\n", k.Slot, k.Pid, k.Generation, k.State, max(0, since), k.Sessions, k.Requests,
			k.CPU.Seconds(), k.Memory, k.Restarts)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteGenerations answers ShowGenerations. The age is in seconds. A last line may say why a generation did not come up.
func WriteGenerations(w io.Writer, in *tally.Instance) error {
	var b strings.Builder
	b.WriteString("# generation state age workers connections program\n")
	for _, g := range in.Generations {
		age := int64(in.Process.Now.Sub(g.Started).Seconds())
		fmt.Fprintf(&b, "%d %s %d %d %d %s\n", g.Number, g.State, age, g.Workers, g.Sessions, word(g.Program))
	}
	if in.Failure != "" {
		b.WriteString("# failed: " + strings.Join(strings.Fields(in.Failure), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// word makes one column of a text.
func word(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Join(strings.Fields(s), "/")
}
