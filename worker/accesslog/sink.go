package accesslog

import (
	"io"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/pump"
	"lbmaster/worker/sock"
)

// sink is an open log target. Writing to it never waits: what it does not take at once is lost, and counted.
type sink struct {
	socket sock.FD      // a connected datagram socket; or
	pump   *pump.Writer // stdout, stderr
	unix   bool         // the socket has a path, and may have to be opened again
	broken bool         // nobody is at the other end of it any more
}

// write gives one line, its end included, to the sink, and reports whether it was taken.
func (k *sink) write(line []byte) bool {
	if k.pump != nil {
		return k.pump.Offer(line)
	}
	_, e := k.socket.Send(line)
	k.broken = k.unix && e != 0 && e != unix.EAGAIN && e != unix.ENOBUFS
	return e == 0
}

// openSinks makes sinks of the configuration's log targets, whose sockets come in the same order.
func (w *Writer) openSinks(c *conf.Config, files map[string]io.Writer) {
	for _, t := range c.LogTargets() {
		k := &sink{unix: t.Target == "unix"}
		if file := files[t.Target]; file != nil {
			k.pump = pump.New(file)
		}
		w.sinks = append(w.sinks, k)
	}
}

// SetSockets takes ownership of sockets for those log targets of the configuration that are neither stdout nor stderr, in
// their order. It replaces those that were there.
func (w *Writer) SetSockets(sockets []int) {
	for _, k := range w.sinks {
		if k.pump != nil || len(sockets) == 0 {
			continue
		}
		k.socket.Close()
		k.socket, k.broken = sock.Own(sockets[0]), false
		sockets = sockets[1:]
	}
	for _, fd := range sockets {
		unix.Close(fd) // more than there are targets
	}
}

// Close closes the sockets.
func (w *Writer) Close() {
	for _, k := range w.sinks {
		k.socket.Close()
	}
}
