package proxy

import (
	"lbmaster/shared/faults"
	"lbmaster/worker/buffer"
	"lbmaster/worker/flow"
	"lbmaster/worker/http1"
	"lbmaster/worker/logline"
	"lbmaster/worker/page"
)

// faultyRequest notes what is wrong with the request, before it is answered with that status.
func (s *session) faultyRequest(status int) {
	st := s.stream
	f := logline.Fault{Cut: st.answering}
	s.note(f, status, &st.request, &st.up, s.client.In)
}

// faultyResponse notes what is wrong with the response, while the server's connection is at hand.
func (s *session) faultyResponse() {
	st := s.stream
	f := logline.Fault{Response: true, Cut: st.answering}
	s.note(f, page.BadGateway.Status(), &st.response, &st.down, st.link.In)
}

// note completes a fault of a message, whose last bytes are in. It is kept for the log, and for who asks on the admin socket.
func (s *session) note(f logline.Fault, status int, h *http1.Head, body *flow.Flow, in *buffer.Buffer) {
	var p []byte
	if in != nil {
		p = in.Bytes()
	}
	first := int64(0) // where in the message p begins
	switch {
	case body.Body.Fault() != 0:
		first = int64(h.Size) + body.Seen
		f.Text, f.At = body.Body.Fault().String(), int64(h.Size)+body.Body.FaultAt()
	case h.Fault() != 0:
		f.Text, f.At = h.Fault().String(), int64(h.FaultAt())
	default:
		f.Text, f.At = s.unwanted(), -1
	}
	f.Seen = first + int64(len(p))
	s.stream.fault = f
	if s.stream.answering {
		status = s.stream.status
	}
	s.show(&f, status, first, p)
}

// show lets the monitor see a fault of a message of which p is at hand, from first on.
func (s *session) show(f *logline.Fault, status int, first int64, p []byte) {
	if s.p.faults == nil {
		return
	}
	seen := faults.Fault{
		When: s.p.loop.Wall(), Response: f.Response, Cut: f.Cut, Status: status, Client: s.p.logs.Client(s.peer), Frontend: s.front.name,
		Text: f.Text, At: f.At, Seen: f.Seen, First: first, Bytes: p,
	}
	place, st := s.front.number, s.stream
	if st.back != nil {
		seen.Backend = st.back.Name
	}
	if st.server != nil && st.server != st.back.Dispatch {
		seen.Server = st.server.Name
	}
	if f.Response {
		place = st.back.Place
	}
	s.p.faults.Put(place, &seen)
}

// unwanted is why a response that is correct by itself cannot be passed on.
func (s *session) unwanted() string {
	r := &s.stream.response
	switch {
	case r.Size == 0 || r.Size > s.front.maxHeader:
		return http1.FaultTooLarge.String()
	case r.Status == 101:
		return "the server changes to a protocol that the client has not asked for, or before it has got the request"
	case r.Status < 200:
		return "there are too many interim responses at a time"
	}
	return "the server opens a tunnel before it has got the request"
}
