package server

import (
	"bytes"
	"encoding/json"
	"sync"
	"sync/atomic"
)

// Stats is what a server has seen. Requests for /stats and /watch are not counted as requests, nor are their heads looked at.
type Stats struct {
	Name        string           `json:"name"`
	Connections int64            `json:"connections"`  // accepted
	Open        int64            `json:"open"`         // connections, now
	MaxOpen     int64            `json:"max_open"`     // connections, at the same time
	Requests    int64            `json:"requests"`     // with a complete head
	Running     int64            `json:"running"`      // requests, now
	MaxRunning  int64            `json:"max_running"`  // requests, at the same time
	Tunnels     int64            `json:"tunnels"`      // upgrades and CONNECT
	BadRequests int64            `json:"bad_requests"` // heads or bodies that could not be parsed
	Seen        map[string]int64 `json:"seen"`         // requests whose head contained a watched text
}

// Stats returns the numbers of this moment.
func (s *Server) Stats() Stats {
	return Stats{
		Name:        s.name,
		Connections: s.count.connections.Load(),
		Open:        s.count.open.now.Load(),
		MaxOpen:     s.count.open.max.Load(),
		Requests:    s.count.requests.Load(),
		Running:     s.count.running.now.Load(),
		MaxRunning:  s.count.running.max.Load(),
		Tunnels:     s.count.tunnels.Load(),
		BadRequests: s.count.bad.Load(),
		Seen:        s.seen.counts(),
	}
}

// Watch counts, from now on, the requests whose head contains text exactly. "Cookie:" is watched from the start.
func (s *Server) Watch(text string) { s.seen.watch(text) }

type counters struct {
	connections, requests, tunnels, bad atomic.Int64
	open, running                       level
}

func (c *counters) connected() {
	c.connections.Add(1)
	c.open.up()
}

func (c *counters) disconnected() { c.open.down() }

// level goes up and down, and remembers how high it was.
type level struct{ now, max atomic.Int64 }

func (l *level) up() {
	n := l.now.Add(1)
	for m := l.max.Load(); n > m && !l.max.CompareAndSwap(m, n); {
		m = l.max.Load()
	}
}

func (l *level) down() { l.now.Add(-1) }

// seen counts heads by the texts that they contain.
type seen struct {
	mu    sync.Mutex // held by writers of texts
	texts atomic.Pointer[[]*watched]
}

type watched struct {
	text  []byte
	count atomic.Int64
}

func (s *seen) all() []*watched {
	if p := s.texts.Load(); p != nil {
		return *p
	}
	return nil
}

func (s *seen) watch(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.all() {
		if string(w.text) == text {
			return
		}
	}
	grown := append(append([]*watched(nil), s.all()...), &watched{text: []byte(text)})
	s.texts.Store(&grown)
}

func (s *seen) look(head []byte) {
	for _, w := range s.all() {
		if bytes.Contains(head, w.text) {
			w.count.Add(1)
		}
	}
}

func (s *seen) counts() map[string]int64 {
	all := make(map[string]int64)
	for _, w := range s.all() {
		all[string(w.text)] = w.count.Load()
	}
	return all
}

// stats answers /stats.
func stats(x *exchange) {
	text, err := json.MarshalIndent(x.s.Stats(), "", "  ")
	if err != nil {
		x.text(500, err.Error()+"\n")
		return
	}
	x.typed(200, "application/json", string(text)+"\n")
}

// watch answers /watch/TEXT.
func watch(x *exchange) {
	x.s.Watch(x.rest(1))
	x.text(200, "watching "+x.rest(1)+"\n")
}
