package proxy

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/logline"
)

// logStream writes the line of a stream that has ended.
func (s *session) logStream() {
	l, st := s.front.log, s.stream
	if !l.Streams() || st.heads == nil && !l.Nulls() && st.up.Seen == 0 {
		return
	}
	r := s.newRecord(st.began)
	r.Request = between(st.began, st.complete)
	r.Connect = between(st.complete, st.linked)
	r.Response = between(st.linked, st.headed)
	r.Status = shown(st.status)
	r.Bytes = st.down.Took
	r.Term = [4]byte{byte(st.cause), byte(st.progress), byte(st.fromCookie), byte(st.toCookie)}
	r.Redispatched = st.elsewhere
	if b := st.back; b != nil {
		r.Backend = b.Name
		r.Conns.Backend = s.p.stats.SessionsNow(b.Row)
		r.Retries = b.Retries - st.tries
	}
	if srv := st.server; srv != nil {
		r.Queue = 0
		if srv != st.back.Dispatch { // which is no server
			r.Server = srv.Name
			r.Conns.Server = s.p.stats.SessionsNow(srv.Row)
		}
	}
	st.trace.Tell(r)
	l.Write(r)
	if st.heads != nil && st.fault.Text != "" {
		l.WriteFault(r, &st.fault)
	}
	l.Forget(st.trace)
	st.trace = nil
}

// logNull writes the line of a connection that ended before its first byte, with the status that it might have been
// answered.
func (s *session) logNull(why accesslog.Cause, code int) {
	l := s.front.log
	if !l.Streams() || !l.Nulls() || !s.fresh {
		return
	}
	r := s.newRecord(s.since)
	r.Status = code
	r.Term = [4]byte{byte(why), byte(accesslog.InRequest), '-', '-'}
	l.Write(r)
}

// newRecord is a record of something that began at a time, with what is the same for all.
func (s *session) newRecord(began int64) *logline.Record {
	p := s.p
	r := s.front.log.Record()
	r.Client = p.logs.Client(s.peer)
	r.Date = p.loop.Wall() - (p.loop.Now() - began)
	r.Total = p.loop.Now() - began
	r.Conns = logline.Conns{Process: p.stats.SessionsNow(workerRow), Frontend: p.stats.SessionsNow(s.front.row)}
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
