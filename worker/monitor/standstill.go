package monitor

import "time"

// standstill is by how much the loop, which has something to do once a second, may be late. What goes beyond tells that this process, or
// the whole machine, stood still: answers of servers may wait to be read.
const standstill = 500 * time.Millisecond

// excuse makes the checks that are on their way count for nothing: their time may have been up before anybody could look.
func (m *monitor) excuse() {
	for _, t := range m.checked {
		if t.running {
			t.round++
		}
	}
}
