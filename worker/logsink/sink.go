// Package logsink has the log targets of a child open: sockets that the master has opened, and standard output and error. Nothing waits for
// one. It belongs to the loop of the child.
package logsink

import (
	"golang.org/x/sys/unix"

	"lbmaster/shared/pump"
	"lbmaster/worker/sock"
)

// Sink is an open log target. What it does not take at once is lost.
type Sink struct {
	file   bool         // standard output or error
	pump   *pump.Writer // of the file; nil: the child writes nothing there
	socket sock.FD      // else a connected datagram socket
	unix   bool         // the socket has a path, and may have to be opened again
	broken bool         // nobody is at the other end of it any more
}

// write gives one line, its end included, to the sink. It says whether nothing has been lost: with udp, an error tells that an earlier line
// found no reader, and that this one has not been sent yet.
func (k *Sink) write(line []byte) bool {
	if k.file {
		return k.pump != nil && k.pump.Offer(line)
	}
	_, e := k.socket.Send(line)
	if e == unix.ECONNREFUSED && !k.unix {
		_, _ = k.socket.Send(line)
	}
	k.broken = k.unix && e != 0 && e != unix.EAGAIN && e != unix.ENOBUFS
	return e == 0
}

// Broken says that nobody is at the other end any more: another socket is needed.
func (k *Sink) Broken() bool { return k.broken }

// reopened takes another socket.
func (k *Sink) reopened(fd int) {
	k.socket.Close()
	k.socket, k.broken = sock.Own(fd), false
}
