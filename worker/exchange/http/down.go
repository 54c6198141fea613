package http

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/page"
)

// ServerDown ends an exchange whose server has been marked down, unless the server has said all already. One that is still to be reached is
// tried like one that refuses.
func (x *Exchange) ServerDown() exchange.End {
	switch {
	case x.state == requesting && !x.connected():
		x.connectFailed(accesslog.ByServer)
	case x.state == requesting:
		x.Count(exchange.ResponseErrors)
		x.answer(page.BadGateway, accesslog.ServerDown)
	case x.state == answering && !x.Down.Done:
		x.breakOff(accesslog.ServerDown)
	}
	return x.Step()
}
