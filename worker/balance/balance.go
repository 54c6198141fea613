// Package balance picks a server for a request. It knows servers by their number only.
//
// Nothing here is safe for concurrent use, and a pick allocates nothing: the state belongs to one event loop.
package balance

import (
	"cmp"
	"slices"
)

// RoundRobin gives each server picks in proportion to its weight, and spreads those of one server as evenly as
// possible among the others' ("smooth" weighted round robin): weights 5, 1, 1 give a a b a c a a, not a a a a a b c.
//
// Each server has a credit. A pick adds every server's weight to its credit, takes the server with the most, and
// takes the sum of all weights off it. Where all weights are equal that is one after the other, and done so: a pick then
// costs the same for any number of servers.
type RoundRobin struct {
	start   int
	weights []int32 // none below 0
	credits []int64 // bounded by twice the scale
	sum     int64   // of weights
	scale   int64   // the sum of weights to which the credits belong: the last one above 0
	turns   []int32 // servers in the order of their turns, while all that have a weight have the same; else empty
	next    int     // of turns
}

// None says that no server is to be left out, or none was found.
const None = -1

// NewRoundRobin makes the state for n servers without weight. The turns begin at the server start, taken modulo n, so that
// workers which begin at the same time need not all begin with the same server.
func NewRoundRobin(n, start int) *RoundRobin {
	r := &RoundRobin{weights: make([]int32, n), credits: make([]int64, n), turns: make([]int32, 0, n)}
	if n > 0 {
		r.start = (start%n + n) % n
	}
	return r
}

// Pick returns the number of the server whose turn it is; None when none but the one to avoid has a weight above 0. Equal
// weights give the order of declaration.
func (r *RoundRobin) Pick(avoid int) int {
	switch {
	case r.sum == 0:
		return None
	case len(r.turns) > 0:
		return r.pickNext(avoid)
	}
	best := r.richest(r.start, len(r.weights), None, avoid)
	best = r.richest(0, r.start, best, avoid)
	if best == None {
		return None
	}
	r.credits[best] -= r.sum
	if avoid != None {
		r.credits[best] += int64(r.weights[avoid])
	}
	return best
}

// pickNext is Pick for equal weights. The one to avoid loses its turn.
func (r *RoundRobin) pickNext(avoid int) int {
	for range 2 {
		i := int(r.turns[r.next])
		if r.next++; r.next == len(r.turns) {
			r.next = 0
		}
		if i != avoid {
			return i
		}
	}
	return None
}

// richest pays the servers from begin to end, but not the one to avoid, and returns the one of them and best that has the
// most credit. Of equals it is the first.
func (r *RoundRobin) richest(begin, end, best, avoid int) int {
	for i := begin; i < end; i++ {
		if i == avoid {
			continue
		}
		w := int64(r.weights[i])
		r.credits[i] += w
		if w > 0 && (best == None || r.credits[i] > r.credits[best]) {
			best = i
		}
	}
	return best
}

// Weigh gives the servers new weights; one below 0 counts as 0. Credits are brought to their scale: a server that had a
// large weight would otherwise pay back, or be paid, for a long time at a small one. A server without weight keeps its
// credit until it returns.
func (r *RoundRobin) Weigh(weights []int32) {
	r.settle()
	r.sum = 0
	for i := range r.weights {
		r.weights[i] = max(0, weights[i])
		r.sum += int64(r.weights[i])
	}
	if r.sum == 0 {
		return
	}
	for i, c := range r.credits {
		c = int64(float64(c) * float64(r.sum) / float64(max(r.scale, 1)))
		r.credits[i] = min(max(c, -r.sum), r.sum)
	}
	r.scale = r.sum
	r.order()
}

// settle ends the turns: the credits get what they would have without them.
func (r *RoundRobin) settle() {
	for k, i := range r.turns {
		r.credits[i] = int64(r.next) * int64(r.weights[i])
		if k < r.next {
			r.credits[i] -= r.sum
		}
	}
	r.turns, r.next = r.turns[:0], 0
}

// order begins turns if all weights are equal: who has most credit is the first, and of equals the first from start.
func (r *RoundRobin) order() {
	n := len(r.weights)
	var weight int32
	for k := range n {
		i := (r.start + k) % n
		switch w := r.weights[i]; {
		case w == 0:
			continue
		case weight != 0 && w != weight:
			r.turns = r.turns[:0]
			return
		default:
			weight = w
		}
		r.turns = append(r.turns, int32(i))
	}
	slices.SortStableFunc(r.turns, func(a, b int32) int { return cmp.Compare(r.credits[b], r.credits[a]) })
}
