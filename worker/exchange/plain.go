package exchange

import (
	"lbmaster/worker/accesslog"
	"lbmaster/worker/flow"
)

// Plain is all that would have to go along, besides its sockets and what waits in buffers, if the exchange went on in another process:
// values, without a descriptor and without a pointer into the loop.
type Plain struct {
	Began    int64 // ms: when its first byte came
	Complete int64 // ms: when the request's head was complete; below 0: not yet, here and in the next two
	Linked   int64 // ms: when the server's connection took something
	Headed   int64 // ms: when the response's head was complete
	Since    int64 // ms: when something last moved, or when the state began

	ToServer flow.Plain
	ToClient flow.Plain

	BackendName string // "": none yet
	ServerName  string
	Tries       int // how often the server may be tried again
	Status      int // of the answer; 0: none yet
	ByCookie    bool
	Elsewhere   bool // another server than the one chosen first was tried
	Relayed     bool // the bytes pass unread
	Logged      bool // the line has been written before the end (logasap)
	Cause       accesslog.Cause
	Progress    accesslog.Progress
	FromCookie  accesslog.FromCookie
	ToCookie    accesslog.ToCookie
}

// clear makes the values those of an exchange that begins now.
func (p *Plain) clear(now int64) {
	*p = Plain{
		Began: now, Since: now, Complete: -1, Linked: -1, Headed: -1,
		Cause: accesslog.Normally, Progress: accesslog.AtEnd, FromCookie: accesslog.CookieIgnored, ToCookie: accesslog.SetIgnored,
	}
}
