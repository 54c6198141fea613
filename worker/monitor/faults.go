package monitor

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"lbmaster/shared/control"
	"lbmaster/shared/faults"
	"lbmaster/worker/monitor/tally"
)

// takeFaults lets us read what the workers of a generation show of bad messages, from a slot on. Of what cannot be read we tell that.
func (m *monitor) takeFaults(o order) {
	if len(o.fds) == 0 {
		m.unread[o.Generation] = o.Message
		return
	}
	delete(m.unread, o.Generation)
	for i, fd := range o.fds {
		at := place{o.Generation, o.Slot + i}
		r, err := faults.NewReader(fd)
		if err != nil {
			control.CloseAll(o.fds[i : i+1])
			r = nil
		}
		m.dropReader(at)
		m.faults[at] = r
	}
}

// dropReader ends the reading of a worker's faults.
func (m *monitor) dropReader(at place) {
	if r := m.faults[at]; r != nil {
		_ = r.Close() // it was only read
	}
	delete(m.faults, at)
}

// forgetFaults forgets the workers of a generation that has ended.
func (m *monitor) forgetFaults(generation int) {
	delete(m.unread, generation)
	for at := range m.faults {
		if at.generation == generation {
			m.dropReader(at)
		}
	}
}

// askForFaults asks for descriptors that found no room.
func (m *monitor) askForFaults() {
	for _, missed := range m.unread {
		m.channel.Say(control.Message{Kind: control.Again, Asked: control.Faults, Generation: missed.Generation})
		delete(m.unread, missed.Generation)
		return
	}
}

// readFaults reads the last fault of each proxy, outside the loop. The map is the caller's.
func readFaults(readers map[place]*faults.Reader) *tally.Faults {
	all := &tally.Faults{Unread: make(map[tally.Place]string)}
	last := make(map[faultKey]tally.Fault)
	places := slices.SortedFunc(maps.Keys(readers), comparePlaces)
	for _, at := range places {
		from := tally.Place{Generation: at.generation, Slot: at.slot}
		if readers[at] == nil {
			all.Unread[from] = "its program is another one"
			continue
		}
		seen, err := readers[at].Visit(func(f *faults.Fault) { keepLast(last, from, f) })
		switch {
		case err != nil:
			all.Unread[from] = err.Error()
		case seen.Torn > 0:
			all.Unread[from] = fmt.Sprintf("%d faults are being written, or make no sense", seen.Torn)
		}
		all.Events += seen.Events
	}
	for _, f := range last {
		all.Last = append(all.Last, f)
	}
	return all
}

// comparePlaces puts the newest generation first.
func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(b.generation, a.generation), cmp.Compare(a.slot, b.slot))
}

// faultKey is for which there is one last fault.
type faultKey struct {
	response bool
	proxy    string
}

// keepLast keeps a fault if there is no later one of its proxy.
func keepLast(last map[faultKey]tally.Fault, from tally.Place, f *faults.Fault) {
	key := faultKey{f.Response, f.Frontend}
	if f.Response {
		key.proxy = f.Backend
	}
	when := time.UnixMilli(f.When)
	if was, ok := last[key]; ok && !when.After(was.When) {
		return
	}
	last[key] = tally.Fault{
		From: from, When: when, Response: f.Response, Cut: f.Cut, Status: f.Status, Client: string(f.Client), Frontend: f.Frontend,
		Backend: f.Backend, Server: f.Server, Text: f.Text, At: f.At, Seen: f.Seen, First: f.First, Bytes: bytes.Clone(f.Bytes),
	}
}
