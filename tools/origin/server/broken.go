package server

import (
	"maps"
	"slices"
	"strings"
)

func drop(x *exchange) {
	x.then = cut
	if x.part(1) == "reset" {
		x.then = reset
	}
}

func dropReused(x *exchange) {
	if x.n > 1 {
		drop(x)
		return
	}
	if x.discard() != nil {
		x.then = cut
		return
	}
	root(x)
}

// partial breaks an answer off.
func partial(x *exchange) {
	const head = "HTTP/1.1 200 OK\r\n"
	text := head + "Content-Length: 1000\r\n\r\n" + string(block[:500])
	switch x.part(1) {
	case "head":
		text = head + "Content-Le"
	case "chunk":
		text = head + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + string(block[:500])
	}
	x.then = finish
	if x.part(2) == "reset" {
		x.then = reset
	}
	if x.send(text) != nil {
		x.then = cut
	}
}

// malformed are the answers of /bad. Each is followed by the end of the connection.
var malformed = map[string]string{
	"both-lengths":    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"two-lengths":     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
	"negative-length": "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
	"signed-length":   "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
	"huge-length":     "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
	"bad-chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
	"huge-chunk":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
	"chunk-end":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
	"chunk-lf":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
	"coding":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"chunked-1.0":     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"bare-lf":         "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
	"bare-cr":         "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 5\r\n\r\nhello",
	"nul":             "HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 5\r\n\r\nhello",
	"space-colon":     "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
	"no-colon":        "HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\nhello",
	"folded":          "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
	"version":         "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"long-status":     "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello",
	"low-status":      "HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello",
	"no-status":       "HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
	"garbage":         "\x16\x03\x01\x02\x00this is not HTTP\r\n\r\n",
	"early-bytes":     "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"extra-bytes":     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
	"huge-head":       "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100_000) + "\r\nContent-Length: 5\r\n\r\nhello",
	"many-fields":     "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 10_000) + "Content-Length: 5\r\n\r\nhello",
	"unasked-101":     "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: what\r\n\r\nhello",
}

func bad(x *exchange) {
	text, ok := malformed[x.part(1)]
	if !ok {
		x.text(200, strings.Join(slices.Sorted(maps.Keys(malformed)), "\n")+"\n")
		return
	}
	x.then = finish
	if x.send(text) != nil {
		x.then = cut
	}
}
