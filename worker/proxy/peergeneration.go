package proxy

import (
	"cmp"
	"slices"
	"time"

	"lbmaster/shared/stats"
)

// kin is another generation of the instance whose sessions are not over: they count for our limits, and ours for its, as long
// as it accepts. The counters are that generation's own, so that they are right at any time; when one of its workers dies,
// the master sets its gauges to 0.
type kin struct {
	generation int
	counters   *stats.Stats
	rows       []int // by our row: theirs; nowhere: they have no such thing
}

const nowhere = -1

// kinTime is how long a worker without a place below a limit waits for one that its kin may have given back: a generation
// tells only its own workers.
const kinTime = 20 * time.Millisecond

// Respect counts the sessions of another generation for maxconn, until Forget. It takes ownership of the counters.
func (p *Proxy) Respect(generation int, counters *stats.Stats) error {
	if p.respects(generation) {
		return counters.Close()
	}
	k := kin{generation: generation, counters: counters}
	ours := p.stats.Rows()[:1+len(p.frontends)]
	places := stats.Places(ours) // not of theirs: there is a row for each server
	k.rows = slices.Repeat([]int{nowhere}, len(ours))
	for theirs, row := range counters.Rows() {
		if at, ok := places[row]; ok {
			k.rows[at] = theirs
		}
	}
	p.kin = append(p.kin, k)
	slices.SortFunc(p.kin, func(a, b kin) int { return cmp.Compare(a.generation, b.generation) })
	return nil
}

func (p *Proxy) respects(generation int) bool {
	return slices.ContainsFunc(p.kin, func(k kin) bool { return k.generation == generation })
}

// Forget is told when another generation has ended. Who waits for its places tries again.
func (p *Proxy) Forget(generation int) error {
	for i, k := range p.kin {
		if k.generation == generation {
			p.kin = slices.Delete(p.kin, i, i+1)
			p.unblock()
			return k.counters.Close()
		}
	}
	return nil
}

// sessionsNow is the number of client connections of a row, in all generations. It allocates nothing.
//
// The oldest generation is counted first. A connection that is handed over is counted by the younger one before the older one
// stops to: in the other order it could be found with neither, and somebody else would be let in.
func (p *Proxy) sessionsNow(row int) int64 {
	older, younger := p.kinByAge()
	return sumOf(older, row) + p.stats.SessionsNow(row) + sumOf(younger, row)
}

func (p *Proxy) kinByAge() (older, younger []kin) {
	n := 0
	for n < len(p.kin) && p.kin[n].generation < p.generation {
		n++
	}
	return p.kin[:n], p.kin[n:]
}

// sumOf counts in that order.
func sumOf(all []kin, row int) (sum int64) {
	for i := range all {
		if k := &all[i]; k.rows[row] != nowhere {
			sum += k.counters.SessionsNow(k.rows[row])
		}
	}
	return sum
}

// awaitKin tries again to accept, as long as another generation may have the place that is missing.
func (p *Proxy) awaitKin() {
	if len(p.kin) == 0 || p.expectant {
		return
	}
	p.expectant = true
	p.After(kinTime, func() {
		p.expectant = false
		if !p.starved {
			p.unblock()
		}
	})
}
