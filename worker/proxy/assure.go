package proxy

import "lbmaster/conf"

// alive is what a monitoring client gets, without having been read (guide section 2.2), and every client in mode health with
// httpchk; healthy what they get without.
var (
	alive   = []byte("HTTP/1.0 200 OK\r\n\r\n")
	healthy = []byte("OK\n")
)

// assure tells a monitoring client that we are alive. That is no request and is not logged.
func (s *session) assure() {
	text := alive
	if s.front.mode == conf.ModeHealth && !s.front.healthHTTP {
		text = healthy
	}
	s.client.Send(text, true) // it fits into any send buffer
	s.becomeLingering()
}
