package proxy

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"lbmaster/worker/loop"

	"lbmaster/conf"
	"lbmaster/shared/syslog"
	"lbmaster/worker/logline"
)

// accessLog is how the streams of a frontend are logged.
type accessLog struct {
	format  string // of conf.Frontend
	nulls   bool   // connections without a byte are logged too
	targets []logTarget
	capture conf.Captures
	traces  loop.FreeList[trace]
}

// logTarget is a sink with what stands before each line of this frontend there.
type logTarget struct {
	sink   *sink
	header *syslog.Header // nil: nothing
}

// requestLevel is the level of the lines that tell of requests.
const requestLevel = "info"

// newAccessLog makes the log of a frontend, nil when nothing is to be logged.
func (p *Proxy) newAccessLog(c *conf.Config, f *conf.Frontend, places conf.LogPlaces) (*accessLog, error) {
	l := &accessLog{format: f.LogFormat, nulls: !f.DontLogNull, capture: f.Capture}
	for _, t := range c.Logs(f) {
		if !admits(t.Level) {
			continue
		}
		target := logTarget{sink: p.sinks[places.Of(t)]}
		if t.Socket() {
			header, err := syslog.NewHeader(t.Facility, requestLevel, "lbmaster", os.Getpid(), time.Local)
			if err != nil {
				return nil, fmt.Errorf("log of %s: %w", f.Section, err)
			}
			target.header = header
		}
		l.targets = append(l.targets, target)
	}
	if len(l.targets) == 0 {
		return nil, nil
	}
	return l, nil
}

// admits says whether a target of that level wants lines about requests.
func admits(level string) bool {
	if level == "" {
		return true
	}
	limit, _ := syslog.Severity(level)
	ours, _ := syslog.Severity(requestLevel)
	return ours <= limit
}

// logStream writes the line of a stream that has ended.
func (s *session) logStream() {
	l, st := s.front.log, s.stream
	if l == nil || l.format == "" || st.heads == nil && !l.nulls && st.up.Seen == 0 {
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
		r.Backend = b.name
		r.Conns.Backend = s.p.stats.SessionsNow(b.row)
		r.Retries = b.retries - st.tries
	}
	if srv := st.server; srv != nil {
		r.Queue = 0
		if srv != st.back.dispatch { // which is no server
			r.Server = srv.name
			r.Conns.Server = s.p.stats.SessionsNow(srv.row)
		}
	}
	if t := st.trace; t != nil {
		r.RequestLine, r.RequestCookie, r.ResponseCookie = t.line, t.cookie, t.setCookie
		r.RequestHeaders, r.ResponseHeaders = t.request, t.response
	}
	s.writeRecord(r)
	s.logFault(r)
	if st.trace != nil {
		l.put(st.trace)
		st.trace = nil
	}
}

// logNull writes the line of a connection that ended before its first byte, with the status that it might have been
// answered.
func (s *session) logNull(why cause, code int) {
	l := s.front.log
	if l == nil || l.format == "" || !l.nulls || !s.fresh {
		return
	}
	r := s.newRecord(s.since)
	r.Status = code
	r.Term = [4]byte{byte(why), byte(inRequest), '-', '-'}
	s.writeRecord(r)
}

// newRecord is a record of something that began at a time, with what is the same for all.
func (s *session) newRecord(began int64) *logline.Record {
	p := s.p
	p.record = logline.Record{
		Client:   s.appendPeer(p.peerText[:0]),
		Date:     p.loop.Wall() - (p.loop.Now() - began),
		Frontend: s.front.name,
		Request:  -1, Queue: -1, Connect: -1, Response: -1,
		Total: p.loop.Now() - began,
		Conns: logline.Conns{Process: p.stats.SessionsNow(workerRow), Frontend: p.stats.SessionsNow(s.front.row)},
	}
	return &p.record
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

// appendPeer appends the client's address and port as HAProxy shows them, without brackets.
func (s *session) appendPeer(dst []byte) []byte {
	if !s.peer.IsValid() {
		return append(dst, "unix:1"...)
	}
	dst = s.peer.Addr().AppendTo(dst)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(s.peer.Port()), 10)
}

func (s *session) writeRecord(r *logline.Record) {
	p := s.p
	if s.front.log.format == "httplog" {
		p.text = r.AppendHTTP(p.text[:0], p.clock)
	} else {
		p.text = r.AppendTCP(p.text[:0], p.clock)
	}
	p.log(s.front.log)
}

// logConnection writes the short line of a new connection, if that is the format.
func (s *session) logConnection() {
	l := s.front.log
	if l == nil || l.format != "" {
		return
	}
	p := s.p
	mode := "TCP"
	if s.front.mode == conf.ModeHTTP {
		mode = "HTTP"
	}
	local := s.client.FD.Name().AppendTo(p.localText[:0])
	p.text = logline.AppendConnect(p.text[:0], s.appendPeer(p.peerText[:0]), local, s.front.name, mode)
	p.log(l)
}

// log gives the text of a line to all targets.
func (p *Proxy) log(l *accessLog) {
	for i := range l.targets {
		t := &l.targets[i]
		p.line = p.line[:0]
		if t.header != nil {
			p.line = t.header.Append(p.line, p.loop.Wall())
		}
		p.line = append(p.line, p.text...)
		p.line = append(p.line, '\n')
		if !t.sink.write(p.line) {
			p.counters.LogsDropped.Add(1)
			p.mend(t.sink)
		}
	}
}

// mendTime is how long a worker waits before it asks for other log sockets again, in ms.
const mendTime = 1000

// mend asks for another socket when nobody is at the other end of a sink any more.
func (p *Proxy) mend(k *sink) {
	if k.broken && p.loop.Now() >= p.mendAt && p.reopen != nil {
		p.mendAt = p.loop.Now() + mendTime
		p.reopen()
	}
}
