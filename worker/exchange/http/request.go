package http

import (
	"lbmaster/shared/counter"
	"lbmaster/worker/accesslog"
	"lbmaster/worker/http1"
	"lbmaster/worker/http1/framing"
	"lbmaster/worker/page"
)

// stepReading reads the head of a request, and goes on with it when it is complete.
func (x *Exchange) stepReading() {
	c := &x.Client.Conn
	for {
		if !c.Empty() {
			v := x.request.ParseRequest(c.In.Bytes())
			if v == http1.More && c.In.Len() >= x.Client.Front.MaxHeader {
				v = x.request.Overflow(x.Client.Front.MaxHeader)
			}
			if v != http1.More {
				x.requestRead(v)
				return
			}
		}
		if !c.Fill(x.Pools) {
			break
		}
	}
	if c.Over() {
		x.requestCut()
	}
}

// requestCut ends an exchange whose client has ended its side in the middle of a head. The client may still be listening.
func (x *Exchange) requestCut() {
	x.Client.Front.Counters[counter.RequestErrors].Add(1)
	x.noteAbort(accesslog.ByClient)
	if x.Client.RecvErr != 0 {
		x.Status = 400 // for the logs: nobody is left to be answered
		x.close()
		return
	}
	x.answer(page.BadRequest, accesslog.ByClient)
}

// requestRead goes on with a head that is complete or refused.
func (x *Exchange) requestRead(v http1.Verdict) {
	x.Client.Front.Counters[counter.Requests].Add(1)
	x.WorkerCounters[counter.Requests].Add(1)
	if v == http1.Done && x.request.Size > x.Client.Front.MaxHeader {
		v = x.request.Overflow(x.Client.Front.MaxHeader)
	}
	if v != http1.Done {
		x.badRequest(v.Status())
		return
	}
	x.Complete = x.Loop.Now()
	x.Trace = x.Client.Front.Log.Request(&x.request, x.Client.In.Bytes())
	if !x.choose() {
		x.answer(page.Unavailable, accesslog.ByServer)
		return
	}
	x.forward()
}

// forward writes the request as the server is to see it, with what has come of the body. Nothing is sent before all
// that is at hand has been found correct.
func (x *Exchange) forward() {
	r := &x.request
	x.upgrade = r.Flags&http1.ConnUpgrade != 0 && r.Flags&http1.H2C == 0 && r.Framing == framing.None && r.Minor == 1 && !x.Client.Front.HTTPClose
	x.Up.Out = x.Pools.Buffers.TakeFor(r.Size + headReserve)
	out := x.writeRequest(x.Up.Out.Space()[:0], x.Client.In.Bytes())
	x.Up.Out.Commit(len(out))
	x.Client.Consume(r.Size, x.Pools)
	x.Up.Begin(r.Framing, r.Length)
	if !x.Up.Gather(&x.Client.Conn, x.Pools) {
		x.badRequest(400)
		return
	}
	x.become(linking)
}
