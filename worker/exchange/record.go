package exchange

import (
	"lbmaster/worker/logline"
)

// log writes the line of a stream that has ended, and behind it what was wrong with one of its messages, if anything was.
func (st *Stream) log(f *logline.Fault) {
	l := st.Client.Front.Log
	if !l.Streams() || st.null() {
		return
	}
	r := st.NewRecord(st.Client, st.Began)
	st.tell(r)
	st.Trace.Tell(r)
	if !st.Logged {
		l.Write(r)
	}
	if f != nil && f.Text != "" {
		l.WriteFault(r, f)
	}
	l.Forget(st.Trace)
	st.Trace = nil
}

// LogEarly writes the line of a stream that goes on, if it is to be written so early (logasap). The client has been given so many bytes.
func (st *Stream) LogEarly(bytes int) {
	l := st.Client.Front.Log
	if !l.Early() || st.null() {
		return
	}
	r := st.NewRecord(st.Client, st.Began)
	st.tell(r)
	st.Trace.Tell(r)
	r.Early, r.Bytes = true, int64(bytes)
	l.Write(r)
	st.Logged = true
}

// null says that a relay's client has said nothing, and that nothing is to be logged of such ones.
func (st *Stream) null() bool { return st.Relayed && !st.Client.Front.Log.Nulls() && st.Up.Seen == 0 }

// tell writes into a record what is known of the stream.
func (st *Stream) tell(r *logline.Record) {
	r.Request = between(st.Began, st.Complete)
	r.Connect = between(st.Complete, st.Linked)
	r.Response = between(st.Linked, st.Headed)
	r.Status = shown(st.Status)
	r.Bytes = st.Down.Took
	r.Term = [4]byte{byte(st.Cause), byte(st.Progress), byte(st.FromCookie), byte(st.ToCookie)}
	r.Redispatched = st.Elsewhere
	if b := st.Back; b != nil {
		r.Backend = b.Name
		r.Conns.Backend = st.Stats.SessionsNow(b.Row)
		r.Retries = b.Retries - st.Tries
	}
	if srv := st.Server; srv != nil {
		r.Queue = 0
		if srv != st.Back.Dispatch { // which is no server
			r.Server = srv.Name
			r.Conns.Server = st.Stats.SessionsNow(srv.Row)
		}
	}
}

// NewRecord is a record of something that began at a time, with what is the same for all.
func (w *Worker) NewRecord(c *Client, began int64) *logline.Record {
	r := c.Front.Log.Record()
	r.Client = w.Logs.Client(c.Peer)
	r.Total = w.Loop.Now() - began
	r.Date = w.Loop.Wall() - r.Total
	r.Conns = logline.Conns{Process: w.Stats.SessionsNow(Row), Frontend: w.Stats.SessionsNow(c.Front.Row)}
	return r
}

// between is how long a stage took in ms, -1 when its end was not reached.
func between(begin, end int64) int64 {
	if begin < 0 || end < 0 {
		return -1
	}
	return end - begin
}

// shown is how the logs show that of an answer.
func shown(code int) int {
	if code == 0 {
		return -1
	}
	return code
}
