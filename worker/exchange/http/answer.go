package http

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/exchange"
	"lbmaster/worker/http1/lex"
	"lbmaster/worker/page"
)

// answer answers the request with a page of the proxy's own, and then ends the client connection. It is never called once the head of
// the final response is on its way.
func (x *Exchange) answer(p page.Page, why accesslog.Cause) {
	x.blame(why)
	x.DropLink()
	if x.Down.Idle() { // else the page follows the interim response that the client is taking
		x.Down.Drop(x.Pools)
		x.Down.Out = x.Pools.Buffers.Take()
	}
	text := x.text(p)
	if len(text) > len(x.Down.Out.Space()) {
		x.Client.Resets = true
		x.close()
		return
	}
	x.Down.Out.AppendString(text)
	x.Down.Done, x.Down.Last = true, true
	x.Status = p.Status()
	x.CountPage(x.Status)
	x.become(parting)
}

// text is what the client gets as answer p: the backend's, else the frontend's, else ours.
func (x *Exchange) text(p page.Page) string {
	headless := x.request.MethodID == lex.HEAD
	if x.Back != nil {
		return page.Text(p, headless, x.Back.Pages, x.Client.Front.Pages)
	}
	return page.Text(p, headless, x.Client.Front.Pages)
}

// stepParting sends the page.
func (x *Exchange) stepParting() {
	if x.Down.Push(nil, &x.Client.Conn, x.Pools) {
		x.finish(exchange.Answered)
		return
	}
	if x.Client.SendErr != 0 {
		x.close()
	}
}
