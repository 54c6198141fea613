package logsink

import (
	"io"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/pump"
)

// Sinks are the log targets of a configuration.
type Sinks struct {
	all     []*Sink // in the order of conf.Config.LogTargets
	places  conf.LogPlaces
	reopen  func() // asks for other sockets, which come with SetSockets; nil: there are none
	askedAt int64  // ms: when it was called last
}

// New makes sinks of the configuration's log targets, whose sockets come with SetSockets. Files are standard output and error, by name; to
// one that is not there nothing is written.
func New(c *conf.Config, files map[string]io.Writer, reopen func()) *Sinks {
	s := &Sinks{places: c.LogPlaces(), reopen: reopen, askedAt: -askTime}
	for _, t := range c.LogTargets() {
		k := &Sink{file: !t.Socket(), unix: t.Target == "unix"}
		if file := files[t.Target]; file != nil {
			k.pump = pump.New(file)
		}
		s.all = append(s.all, k)
	}
	return s
}

// Of is the sink of a target of the configuration.
func (s *Sinks) Of(t conf.LogTarget) *Sink { return s.all[s.places.Of(t)] }

// SetSockets takes ownership of sockets for those targets that are neither stdout nor stderr, in their order. It replaces those that were
// there.
func (s *Sinks) SetSockets(sockets []int) {
	for _, k := range s.all {
		if !k.file && len(sockets) > 0 {
			k.reopened(sockets[0])
			sockets = sockets[1:]
		}
	}
	for _, fd := range sockets {
		unix.Close(fd) // more than there are targets
	}
}

// askTime is how long a child waits before it asks for other sockets again, in ms.
const askTime = 1000

// Write gives one line, its end included, to a sink, and says whether nothing has been lost. When nobody is at the other end any more, it asks for
// another socket. now is in ms, of any clock that does not run back.
func (s *Sinks) Write(k *Sink, line []byte, now int64) (taken bool) {
	taken = k.write(line)
	if k.broken {
		s.Mend(now)
	}
	return taken
}

// Mend asks for other sockets, unless it has just done so.
func (s *Sinks) Mend(now int64) {
	if s.reopen != nil && now >= s.askedAt+askTime {
		s.askedAt = now
		s.reopen()
	}
}

// Close closes the sockets.
func (s *Sinks) Close() {
	for _, k := range s.all {
		k.socket.Close()
	}
}
