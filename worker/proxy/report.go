package proxy

import "time"

// report tells the operator something, if anybody listens.
func (p *Proxy) report(text string) {
	if p.reporter != nil {
		p.reporter(text)
	}
}

// complain reports trouble with a channel between generations, at a bounded rate.
func (p *Proxy) complain(err error) {
	if text := p.complaints.About(err, time.Now()); text != "" {
		p.report(text)
	}
}
