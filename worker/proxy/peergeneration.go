package proxy

import (
	"cmp"
	"slices"
	"time"

	"lbmaster/shared/stats"
)

// peerGeneration is another generation of the instance whose sessions are not over. They count for our limits, and ours for its, as long
// as it accepts. The counters are that generation's own, so that they are right at any time. When one of its workers dies, the master
// sets the worker's gauges to 0.
type peerGeneration struct {
	generation int
	counters   *stats.Stats
	rows       []int // by our row: theirs; nowhere: they have no such thing
}

const nowhere = -1

// reservationTime is how long a worker without a reservation below a limit waits for one that a peer generation may have released: a
// generation tells only its own workers.
const reservationTime = 20 * time.Millisecond

// AddPeerGeneration counts the sessions of another generation for maxconn, until RemovePeerGeneration. It takes ownership of the
// counters.
func (p *Proxy) AddPeerGeneration(generation int, counters *stats.Stats) error {
	if p.hasPeerGeneration(generation) {
		return counters.Close()
	}
	g := peerGeneration{generation: generation, counters: counters}
	ours := p.stats.Rows()[:1+len(p.frontends)]
	rows := stats.Places(ours) // not of theirs: there is a row for each server
	g.rows = slices.Repeat([]int{nowhere}, len(ours))
	for theirs, row := range counters.Rows() {
		if at, ok := rows[row]; ok {
			g.rows[at] = theirs
		}
	}
	p.peerGenerations = append(p.peerGenerations, g)
	slices.SortFunc(p.peerGenerations, func(a, b peerGeneration) int { return cmp.Compare(a.generation, b.generation) })
	return nil
}

func (p *Proxy) hasPeerGeneration(generation int) bool {
	return slices.ContainsFunc(p.peerGenerations, func(g peerGeneration) bool { return g.generation == generation })
}

// RemovePeerGeneration is for a generation that has ended. Listeners that wait for its reservations try again.
func (p *Proxy) RemovePeerGeneration(generation int) error {
	for i, g := range p.peerGenerations {
		if g.generation == generation {
			p.peerGenerations = slices.Delete(p.peerGenerations, i, i+1)
			p.unblock()
			return g.counters.Close()
		}
	}
	return nil
}

// sessionsNow is the number of client connections of a row, in all generations. It allocates nothing.
//
// The oldest generation is counted first. A connection that is handed over is counted by the newer one before the older one
// stops to: in the other order it could be found with neither, and another client would be let in.
func (p *Proxy) sessionsNow(row int) int64 {
	older, newer := p.generationsByAge()
	return sumOf(older, row) + p.stats.SessionsNow(row) + sumOf(newer, row)
}

func (p *Proxy) generationsByAge() (older, newer []peerGeneration) {
	n := 0
	for n < len(p.peerGenerations) && p.peerGenerations[n].generation < p.generation {
		n++
	}
	return p.peerGenerations[:n], p.peerGenerations[n:]
}

// sumOf counts in that order.
func sumOf(all []peerGeneration, row int) (sum int64) {
	for i := range all {
		if g := &all[i]; g.rows[row] != nowhere {
			sum += g.counters.SessionsNow(g.rows[row])
		}
	}
	return sum
}

// awaitReservation tries again to accept, as long as a peer generation may release the reservation that is missing.
func (p *Proxy) awaitReservation() {
	if len(p.peerGenerations) == 0 || p.awaitingReservation {
		return
	}
	p.awaitingReservation = true
	p.loop.After(reservationTime, func() {
		p.awaitingReservation = false
		if !p.starved {
			p.unblock()
		}
	})
}
