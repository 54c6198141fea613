package signals

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"time"
)

// Inbox keeps signals until somebody takes them. One of each kind always has room, whatever else comes and however long nobody
// looks; more of a kind would not mean more.
type Inbox struct {
	Ready <-chan struct{} // has something when there is something to take
	bell  chan<- struct{}

	mu      sync.Mutex
	waiting []Arrival // guarded by mu; at most one of each kind
}

// Arrival is a signal that has come, and when its kind came last.
type Arrival struct {
	Signal os.Signal
	At     time.Time
}

// Watch keeps the signals of these kinds from now on, until the process has ended.
func Watch(kinds ...os.Signal) *Inbox {
	bell := make(chan struct{}, 1)
	b := &Inbox{Ready: bell, bell: bell}
	for _, s := range kinds {
		c := make(chan os.Signal, 1)
		signal.Notify(c, s)
		go func() {
			for s := range c {
				b.put(Arrival{s, time.Now()})
			}
		}()
	}
	return b
}

func (b *Inbox) put(a Arrival) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(w Arrival) bool { return w.Signal == a.Signal })
	b.waiting = append(b.waiting, a)
	notify(b.bell)
}

// Take returns what has come, the last one last, and forgets it.
func (b *Inbox) Take() []Arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.waiting
	b.waiting = nil
	slices.SortStableFunc(all, func(a, b Arrival) int { return a.At.Compare(b.At) })
	return all
}
