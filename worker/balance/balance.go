// Package balance picks a server for a request. It knows servers by their number only.
//
// Nothing here is safe for concurrent use, and a pick allocates nothing: the state belongs to one event loop.
package balance

import "slices"

// RoundRobin gives each server picks in proportion to its weight, and spreads those of one server as evenly as
// possible among the others' ("smooth" weighted round robin): weights 5, 1, 1 give a a b a c a a, not a a a a a b c.
//
// Each server has a credit. A pick adds every server's weight to its credit, takes the server with the most, and
// takes the sum of all weights off it.
type RoundRobin struct {
	start   int
	weights []int32 // of the last pick, none below 0
	credits []int64 // bounded by twice the scale
	sum     int64   // of weights
	scale   int64   // the sum of weights to which the credits belong: the last one above 0
}

// NewRoundRobin makes the state for n servers. The turns begin at the server start, taken modulo n, so that workers which
// begin at the same time need not all begin with the same server.
func NewRoundRobin(n, start int) *RoundRobin {
	r := &RoundRobin{weights: make([]int32, n), credits: make([]int64, n)}
	if n > 0 {
		r.start = (start%n + n) % n
	}
	return r
}

// Pick returns the number of the server whose turn it is, or -1 when none has a weight above 0. weights has the weight
// of each server, and may differ from one call to the next. Equal weights give the order of declaration.
func (r *RoundRobin) Pick(weights []int32) int {
	if !slices.Equal(weights, r.weights) {
		r.adopt(weights)
	}
	if r.sum == 0 {
		return -1
	}
	best := r.richest(r.start, len(r.weights), -1)
	best = r.richest(0, r.start, best)
	r.credits[best] -= r.sum
	return best
}

// richest pays the servers from begin to end, and returns the one of them and best that has the most credit. Of equals
// it is the first.
func (r *RoundRobin) richest(begin, end, best int) int {
	for i := begin; i < end; i++ {
		w := int64(r.weights[i])
		r.credits[i] += w
		if w > 0 && (best < 0 || r.credits[i] > r.credits[best]) {
			best = i
		}
	}
	return best
}

// adopt takes new weights. Credits are brought to their scale: a server that had a large weight would otherwise pay
// back, or be paid, for a long time at a small one. A server without weight keeps its credit until it returns.
func (r *RoundRobin) adopt(weights []int32) {
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
}
