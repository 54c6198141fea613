package server

// handler answers the requests of one path.
type handler struct {
	answer func(*exchange)
	reads  bool // it reads the request's body itself, or leaves it; otherwise the body has been read before it answers
	quiet  bool // not counted
}

// routes are chosen by the first part of the path, without any query. What follows it may be left out. All other paths
// are answered by root: 200 and "NAME TARGET".
var routes = map[string]handler{
	// /headers: the request's head as it was received, byte for byte. /headers/quoted: each line as a quoted string.
	"headers": {answer: headers},

	// /bytes/N: the first N bytes of Pattern with a Content-Length.
	"bytes": {answer: fixed},
	// /chunked/N/SIZE: the same in chunks of that size, or of mixed sizes.
	"chunked": {answer: inChunks},
	// /trailer/N: the same in chunks, with trailer fields.
	"trailer": {answer: withTrailer},
	// /close/N: the same up to the end of the connection.
	"close": {answer: untilClose},

	// /status/CODE
	"status": {answer: status},
	// /set-cookie/NAME/VALUE
	"set-cookie": {answer: setCookie},
	// /hints/N: N times 103 Early Hints, then 200.
	"hints": {answer: hints},
	// /http10: an answer as HTTP/1.0, closed. /http10/keep: kept alive. /http10/close: without a length.
	"http10": {answer: http10},

	// /delay/MS: 200 after MS milliseconds.
	"delay": {answer: delay},
	// /slow/N/MS: N bytes, one every MS. /slow/head/MS: the head in that way. /slow/read/N/MS: reads N bytes of the
	// request's body every MS.
	"slow": {answer: slow, reads: true},

	// /upload: length and CRC-32 (IEEE) of the request's body. /upload/sha256: its SHA-256.
	"upload": {answer: upload, reads: true},
	// /echo: the request's body, while it comes.
	"echo": {answer: echo, reads: true},
	// /continue: 100 Continue to a client that expects it, then the length of the body. /continue/refuse: 417 instead.
	// /continue/silent: never 100. /continue/always: always 100.
	"continue": {answer: proceed, reads: true},
	// /early/CODE: answers before it reads the request's body, and closes. /early/CODE/keep: reads the body afterwards
	// and goes on. /early/CODE/cut: closes at once, which resets the connection when the body has begun to arrive.
	"early": {answer: early, reads: true},

	// /upgrade: 101 to a request that asks for it, then echoes. /upgrade/hello: sends "hello" in the packet of the 101.
	// /upgrade/refuse: 200. (CONNECT with any target: 200, then echoes.)
	"upgrade": {answer: upgrade, reads: true},

	// /drop: closes without an answer. /drop/reset: with a reset.
	"drop": {answer: drop, reads: true},
	// /drop-reused: as /drop, when it is not the first request of its connection; otherwise 200.
	"drop-reused": {answer: dropReused, reads: true},
	// /partial/body, /partial/head, /partial/chunk: breaks off in the middle. /partial/body/reset: with a reset.
	"partial": {answer: partial},
	// /bad/KIND: an answer that breaks the protocol. /bad: the list of kinds.
	"bad": {answer: bad},

	// /stats: Stats as JSON.
	"stats": {answer: stats, quiet: true},
	// /watch/TEXT: from now on, Stats counts the requests whose head contains TEXT.
	"watch": {answer: watch, quiet: true},
}

// handler is the handler of the request.
func (x *exchange) handler() handler {
	if x.method == "CONNECT" {
		return handler{answer: connect, reads: true}
	}
	if _, gone := x.s.gone.Load(x.target); gone {
		return handler{answer: notFound}
	}
	if h, ok := routes[x.part(0)]; ok {
		return h
	}
	return handler{answer: root}
}
