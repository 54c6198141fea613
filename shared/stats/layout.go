package stats

import "lbmaster/shared/counter"

// layout is where a cell of a segment has what: first the counters, in the order that the build has which made the segment, then, on a
// cache line of their own, the gauges.
type layout struct {
	n  int                 // counters of that build
	at [counter.Count]int8 // of each counter of ours: its place among them; nowhere: that build does not have it
}

const (
	nowhere  = -1
	line     = 64 // bytes of a cache line
	wordSize = 8
	perLine  = line / wordSize

	// unsaid is how many counters a segment has that does not name them in the order of the memory: the first ones of ours. The builds
	// before the names were in that order made such segments.
	unsaid = 32
)

// ours is the layout of this build.
var ours = ourLayout()

func ourLayout() (l layout) {
	l.n = int(counter.Count)
	for c := range counter.Count {
		l.at[c] = int8(c)
	}
	return l
}

// names are the counters of ours in the order of the memory.
func (layout) names() (all []string) {
	for c := range counter.Count {
		all = append(all, c.String())
	}
	return all
}

// layoutOf is the layout of a segment with these columns.
func layoutOf(memory []string) (l layout) {
	if len(memory) == 0 {
		memory = ours.names()[:unsaid]
	}
	l.n = len(memory)
	places := Places(memory)
	for c := range counter.Count {
		l.at[c] = nowhere
		if at, ok := places[c.String()]; ok && at <= maxPlace {
			l.at[c] = int8(at)
		}
	}
	return l
}

// maxPlace is the last place that a layout can name.
const maxPlace = 127

// gauges is where the gauges begin, in words.
func (l *layout) gauges() int { return (l.n + perLine - 1) / perLine * perLine }

// words is the size of a cell in words.
func (l *layout) words() int { return l.gauges() + perLine }

// size is the size of a cell in bytes.
func (l *layout) size() int { return l.words() * wordSize }
