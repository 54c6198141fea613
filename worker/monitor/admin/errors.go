package admin

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lbmaster/worker/monitor/tally"
)

// Side says which faults show errors is to tell of.
type Side uint8

const (
	Both Side = iota
	Requests
	Responses
)

// sides are the words for it.
var sides = map[string]Side{"request": Requests, "response": Responses}

// readShowErrors reads "[<proxy>|<id>] [request|response]". What it does not know it ignores, as HAProxy does.
func readShowErrors(args []string) (Command, error) {
	c := Command{Verb: ShowErrors}
	if len(args) > 0 && sides[args[0]] == Both {
		if args[0] != "-1" {
			c.Proxy = args[0]
		}
		args = args[1:]
	}
	if len(args) > 0 {
		c.Side = sides[args[0]]
	}
	return c, nil
}

// errorTime is how times are written.
const errorTime = "[02/Jan/2006:15:04:05.000]"

// maxErrors is how long the answer to show errors may be, in bytes: who wants more asks for one proxy.
const maxErrors = 1 << 20

// WriteErrors answers ShowErrors.
func WriteErrors(w io.Writer, in *tally.Instance, c *Command) error {
	e := errorWriter{ids: proxyIDs(in), servers: serverIDs(in)}
	wanted := c.Side.takes
	if c.Proxy != "" {
		named := e.named(c.Proxy, in.Faults.Last)
		if len(named) == 0 {
			return Refusal("No such proxy.\n")
		}
		wanted = func(f *tally.Fault) bool {
			return c.Side.takes(f) && (slices.Contains(named, f.Frontend) || slices.Contains(named, f.Backend))
		}
	}
	fmt.Fprintf(&e, "Total events captured on %s : %d\n", in.Process.Now.Format(errorTime), in.Faults.Events)
	for _, at := range slices.SortedFunc(maps.Keys(in.Faults.Unread), comparePlaces) {
		fmt.Fprintf(&e, "# worker %d, generation %d, cannot be read, or not in full: %s\n", at.Slot, at.Generation, escape(in.Faults.Unread[at]))
	}
	e.writeAll(e.inOrder(in.Faults.Last), wanted)
	_, err := io.WriteString(w, e.String())
	return err
}

// takes says whether a fault is on the side.
func (s Side) takes(f *tally.Fault) bool { return s == Both || f.Response == (s == Responses) }

// writeAll tells of those that are wanted, as long as there is room.
func (e *errorWriter) writeAll(all []tally.Fault, wanted func(*tally.Fault) bool) {
	left := 0
	for i := range all {
		switch f := &all[i]; {
		case !wanted(f):
		case e.Len() > maxErrors:
			left++
		default:
			e.write(f)
		}
	}
	if left > 0 {
		fmt.Fprintf(e, "# %d more: name a proxy\n", left)
	}
}

func comparePlaces(a, b tally.Place) int {
	return cmp.Or(cmp.Compare(b.Generation, a.Generation), cmp.Compare(a.Slot, b.Slot))
}

// errorWriter writes faults.
type errorWriter struct {
	strings.Builder
	ids     map[string]int
	servers map[[2]string]int // by backend and server
}

func proxyIDs(in *tally.Instance) map[string]int {
	ids := make(map[string]int)
	for i := range in.Rows {
		ids[in.Rows[i].Proxy] = in.Rows[i].ProxyID
	}
	return ids
}

func serverIDs(in *tally.Instance) map[[2]string]int {
	ids := make(map[[2]string]int)
	for i := range in.Rows {
		if r := &in.Rows[i]; r.Kind == tally.Server {
			ids[[2]string{r.Proxy, r.Server}] = r.ServerID
		}
	}
	return ids
}

// named are the proxies that have a name or a number: of ours, and of those that only an older generation has.
func (e *errorWriter) named(proxy string, all []tally.Fault) (names []string) {
	for name, id := range e.ids {
		if name == proxy || strconv.Itoa(id) == proxy {
			names = append(names, name)
		}
	}
	if slices.ContainsFunc(all, func(f tally.Fault) bool { return f.Frontend == proxy || f.Backend == proxy }) {
		names = append(names, proxy)
	}
	return names
}

// inOrder sorts faults by their proxies, as those are numbered; those that only older generations have come last.
func (e *errorWriter) inOrder(all []tally.Fault) []tally.Fault {
	rank := func(f *tally.Fault) (int, string) {
		name := owner(f)
		if id, ok := e.ids[name]; ok {
			return id, name
		}
		return 1 << 30, name
	}
	return slices.SortedFunc(slices.Values(all), func(a, b tally.Fault) int {
		first, name := rank(&a)
		second, other := rank(&b)
		return cmp.Or(cmp.Compare(first, second), strings.Compare(name, other), compareSides(&a, &b))
	})
}

// owner is the proxy whose fault it is.
func owner(f *tally.Fault) string {
	if f.Response {
		return f.Backend
	}
	return f.Frontend
}

func compareSides(a, b *tally.Fault) int {
	switch {
	case a.Response == b.Response:
		return 0
	case b.Response:
		return -1
	}
	return 1
}

// write tells of one fault.
func (e *errorWriter) write(f *tally.Fault) {
	e.WriteString(" \n" + f.When.Format(errorTime))
	if f.Response {
		fmt.Fprintf(e, " backend %s: invalid response\n  frontend %s", e.proxy(f.Backend), e.proxy(f.Frontend))
	} else {
		fmt.Fprintf(e, " frontend %s: invalid request\n  backend %s", e.proxy(f.Frontend), e.proxy(f.Backend))
	}
	fmt.Fprintf(e, ", server %s, worker %d, generation %d, src %s\n", e.server(f), f.From.Slot, f.From.Generation, escape(f.Client))
	fmt.Fprintf(e, "  status %d", f.Status)
	if f.Cut {
		e.WriteString(", cut")
	}
	fmt.Fprintf(e, ": %s\n  len %d", escape(f.Text), f.Seen)
	if f.At >= 0 {
		fmt.Fprintf(e, ", error at position %d", f.At)
	}
	if len(f.Bytes) > 0 {
		fmt.Fprintf(e, ", bytes %d to %d:\n  \n", f.First, f.First+int64(len(f.Bytes))-1)
		e.dump(f)
		return
	}
	e.WriteString("\n")
}

// proxy is a name with its number; those of older generations have none.
func (e *errorWriter) proxy(name string) string {
	if name == "" {
		return "<NONE> (#-1)"
	}
	id, ok := e.ids[name]
	if !ok {
		id = -1
	}
	return fmt.Sprintf("%s (#%d)", escape(name), id)
}

func (e *errorWriter) server(f *tally.Fault) string {
	if f.Server == "" {
		return "<NONE> (#-1)"
	}
	id, ok := e.servers[[2]string{f.Backend, f.Server}]
	if !ok {
		id = -1
	}
	return fmt.Sprintf("%s (#%d)", escape(f.Server), id)
}
