// Package balance picks a server for a request. It knows servers by their number only.
//
// Nothing here is safe for concurrent use, and a pick allocates nothing: the state belongs to one event loop.
package balance

import (
	"cmp"
	"slices"
)

// RoundRobin gives each server picks in proportion to its weight, and spreads those of one server among the others'
// ("smooth" weighted round robin): weights 5, 1, 1 give a b a a a c a, not a a a a a b c.
//
// Servers of the same weight form a class, and take turns. Each class has a credit. A pick adds every class's weight, that of
// all its servers, to its credit, takes the class with the most, and takes the sum of all weights off it. So a pick costs as
// much as there are different weights, however many servers have them.
type RoundRobin struct {
	start   int
	weights []int32 // none below 0
	sum     int64   // of weights
	classes []class // in the order of their first servers from start; empty while no server has a weight
	turns   []int32 // servers, class by class

	// What the servers are owed when weights change: picks that they did not get, times the sum of weights.
	credits []int64
	scale   int64 // the sum of weights to which the credits belong: the last one above 0
}

// class is the servers of one weight.
type class struct {
	each   int64 // the weight of one server
	credit int64
	turns  []int32 // servers, in the order of their turns
	next   int     // of turns
	first  int     // the lowest distance of a server from the start
}

// None says that no server is to be left out, or none was found.
const None = -1

// NewRoundRobin makes the state for n servers without weight. The turns begin at the server start, taken modulo n, so that
// workers which begin at the same time need not all begin with the same server.
func NewRoundRobin(n, start int) *RoundRobin {
	r := &RoundRobin{weights: make([]int32, n), credits: make([]int64, n), turns: make([]int32, 0, n), classes: make([]class, 0, n)}
	if n > 0 {
		r.start = (start%n + n) % n
	}
	return r
}

// Pick returns the number of the server whose turn it is; None when none but the one to avoid has a weight above 0. Equal
// weights give the order of declaration.
func (r *RoundRobin) Pick(avoid int) int {
	left := int64(0)
	if avoid != None {
		left = int64(r.weights[avoid])
	}
	c := r.richest(left)
	if c == nil {
		return None
	}
	c.credit -= r.sum - left
	i := c.turn()
	if i == avoid {
		i = c.turn()
	}
	return i
}

// richest pays the classes, and returns the one that has the most credit then; of equals the first. The class of a server that
// is left out goes without its weight; nil: there is no other server.
func (r *RoundRobin) richest(left int64) *class {
	var best *class
	for i := range r.classes {
		c := &r.classes[i]
		pay := c.weight()
		if c.each == left {
			pay -= left
		}
		c.credit += pay
		if pay > 0 && (best == nil || c.credit > best.credit) {
			best = c
		}
	}
	return best
}

// weight is that of all servers.
func (c *class) weight() int64 { return c.each * int64(len(c.turns)) }

// turn is the server whose turn it is.
func (c *class) turn() int {
	i := c.turns[c.next]
	if c.next++; c.next == len(c.turns) {
		c.next = 0
	}
	return int(i)
}

// Weigh gives the servers new weights; one below 0 counts as 0. Credits are brought to their scale: a server that had a
// large weight would otherwise pay back, or be paid, for a long time at a small one. A server without weight keeps its
// credit until it returns.
func (r *RoundRobin) Weigh(weights []int32) {
	if slices.EqualFunc(r.weights, weights, func(old, weight int32) bool { return old == max(0, weight) }) {
		return // the turns go on
	}
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
	r.line()
	r.classify()
}

// settle ends the classes: each server gets its part of the credit. Those that have had their turn have had one pick more than
// those that have not.
func (r *RoundRobin) settle() {
	for i := range r.classes {
		c := &r.classes[i]
		share := (c.credit + int64(c.next)*r.sum) / int64(len(c.turns))
		for k, server := range c.turns {
			r.credits[server] = share
			if k < c.next {
				r.credits[server] -= r.sum
			}
		}
	}
	r.classes, r.turns = r.classes[:0], r.turns[:0]
}

// line puts the servers that have a weight into the order of classes and turns: who is owed most is the first, and of equals
// the first from start.
func (r *RoundRobin) line() {
	for k := range r.weights {
		if i := (r.start + k) % len(r.weights); r.weights[i] > 0 {
			r.turns = append(r.turns, int32(i))
		}
	}
	slices.SortStableFunc(r.turns, func(a, b int32) int {
		return cmp.Or(cmp.Compare(r.weights[a], r.weights[b]), cmp.Compare(r.credits[b], r.credits[a]))
	})
}

// classify makes the classes out of the line. A class is owed what its servers are.
func (r *RoundRobin) classify() {
	n := len(r.weights)
	for begin, end := 0, 0; begin < len(r.turns); begin = end {
		c := class{each: int64(r.weights[r.turns[begin]]), first: n}
		for end < len(r.turns) && int64(r.weights[r.turns[end]]) == c.each {
			i := int(r.turns[end])
			c.credit += r.credits[i]
			c.first = min(c.first, (i-r.start+n)%n)
			end++
		}
		c.turns = r.turns[begin:end]
		c.credit = min(max(c.credit, -r.sum), r.sum)
		r.classes = append(r.classes, c)
	}
	slices.SortFunc(r.classes, func(a, b class) int { return cmp.Compare(a.first, b.first) })
}
