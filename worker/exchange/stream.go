package exchange

import (
	"lbmaster/shared/counter"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
	"lbmaster/worker/logline"
	"lbmaster/worker/upstream"
)

// Stream is an exchange as far as no protocol matters. It is borrowed from a free list when the exchange begins, and given back when the
// exchange has ended.
type Stream struct {
	*Worker
	Client *Client
	Plain
	Up     flow.Flow // client to server
	Down   flow.Flow // server to client
	Back   *upstream.Backend
	Server *upstream.Server
	Link   *upstream.Conn   // the server's connection; nil: none
	Trace  *accesslog.Trace // nil: the request is not logged, or has no complete head
}

// NewStream takes a stream from the free list.
func (w *Worker) NewStream(c *Client) *Stream {
	st := w.streams.Take()
	if st == nil {
		st = &Stream{Worker: w}
		st.Up.Plain, st.Down.Plain = &st.ToServer, &st.ToClient
	}
	st.Client = c
	st.clear(w.Loop.Now())
	return st
}

// Close ends the stream: counts it, logs it, closes what it still holds and gives it back. The request's head, if there was one, had so many
// bytes; f is what was wrong with a message, nil if nothing was.
func (st *Stream) Close(head int, f *logline.Fault) {
	st.account(head)
	st.DropLink()
	st.leave()
	st.log(f)
	st.Up.End(st.Pools)
	st.Down.End(st.Pools)
	st.Client, st.Back, st.Server, st.Link = nil, nil, nil, nil
	st.streams.Put(st)
}

// Touch notes that something has moved.
func (st *Stream) Touch() { st.Since = st.Loop.Now() }

// Serve makes srv the stream's server.
func (st *Stream) Serve(srv *upstream.Server) {
	if st.Server != nil {
		st.Server.Gauges.Sessions.Add(-1)
	}
	st.Server, st.ServerName = srv, srv.Name
	srv.Counters[counter.Requests].Add(1)
	srv.Gauges.Sessions.Add(1)
}

// leave ends the stream's place among those of its backend and server.
func (st *Stream) leave() {
	if st.Back != nil {
		st.Back.Gauges.Sessions.Add(-1)
	}
	if st.Server != nil {
		st.Server.Gauges.Sessions.Add(-1)
	}
}

// DropLink closes the connection to the server, if there is one.
func (st *Stream) DropLink() {
	if st.Link != nil {
		st.Upstream.Close(st.Link)
		st.Link = nil
	}
}

// Blame notes why the stream ends, and how far it had come. The first reason counts.
func (st *Stream) Blame(why accesslog.Cause, how accesslog.Progress) {
	if st.Cause == accesslog.Normally {
		st.Cause, st.Progress = why, how
	}
}

// Abort notes and counts that the stream ends early.
func (st *Stream) Abort(why accesslog.Cause, how accesslog.Progress) {
	st.Blame(why, how)
	st.countAbort(why)
}
