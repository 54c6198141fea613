package master

import (
	"slices"
	"time"

	"lbmaster/master/child"
	"lbmaster/shared/status"
)

// generations are older generations, the oldest first.
type generations []*generation

// newest is the last of them; nil: there is none.
func (all generations) newest() *generation {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// numbered is the one with that number; nil: there is none.
func (all generations) numbered(number int) *generation {
	for _, g := range all {
		if g.number == number {
			return g
		}
	}
	return nil
}

// of is the one to which a child that lives belongs; nil: none.
func (all generations) of(c *child.Child) *generation {
	if g := all.numbered(c.Generation); g != nil && g.children[c.Slot] == c {
		return g
	}
	return nil
}

// worker is a worker that lives; nil: there is none there.
func (all generations) worker(generation, slot int) *child.Child {
	if g := all.numbered(generation); g != nil && slot != monitorIndex {
		return g.children[slot]
	}
	return nil
}

// each does something to every child.
func (all generations) each(do func(*child.Child)) {
	for _, g := range all {
		for _, c := range g.children {
			do(c)
		}
	}
}

// without are the others. It changes all.
func (all generations) without(g *generation) generations {
	return slices.DeleteFunc(all, func(other *generation) bool { return other == g })
}

// mirror is that of each of them.
func (all generations) mirror(ours *status.Board, now time.Time) {
	for _, g := range all {
		g.mirror(ours, now)
	}
}

// expire is that of each of them.
func (all generations) expire(now time.Time) {
	for _, g := range all {
		g.expire(now)
	}
}
