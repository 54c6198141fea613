//go:build linux

package main

import (
	"io"

	"lbmaster/tools/bench/peer"
)

// work is one comparison.
type work struct {
	name  string
	title string
	want  float64 // the largest ratio to HAProxy that is good, of the column that is judged; 0: none is wanted
	job   peer.Setup
	load  load
	floor bool // the floor takes part
	play  func(b *bench, w work, out io.Writer) error
}

// answer says what the servers answer.
type answer struct {
	path  string
	bytes int64 // of the body, as far as it matters for the unit
}

// The paths of what the servers have.
var (
	small  = answer{"/", 0}
	medium = answer{"/files/medium", 16 << 10}
	large  = answer{"/files/large", 1 << 20}
	huge   = answer{"/files/huge", 64 << 20}
)

var (
	plain    = peer.Setup{Cookie: "insert"}
	closing  = peer.Setup{Cookie: "insert", Close: true}
	dressed  = peer.Setup{Cookie: "prefix", ForwardFor: true, Log: sinkAddr}
	logging  = peer.Setup{Cookie: "insert", Log: sinkAddr}
	relaying = peer.Setup{TCP: true}
)

// works are played in this order.
var works = []work{
	{"http-1", "HTTP keep-alive, cookie insert indirect, 1 client", 0.85, plain, load{clients: 1}, true, (*bench).playRequests},
	{"http-8", "HTTP keep-alive, cookie insert indirect, 8 clients", 0.85, plain, load{clients: 8}, true, (*bench).playRequests},
	{"http-64", "HTTP keep-alive, cookie insert indirect, 64 clients", 0.85, plain, load{clients: 64}, true, (*bench).playRequests},
	{"http-512", "HTTP keep-alive, cookie insert indirect, 512 clients", 0.85, plain, load{clients: 512}, true, (*bench).playRequests},
	{"latency", "time of an answer at half of the rate that HAProxy can do, 16 clients", 1, plain, load{clients: 16}, false, (*bench).playLatency},
	{"close", "HTTP httpclose, a connection for each request on both sides, 64 clients", 0.92, closing, load{clients: 64}, false, (*bench).playRequests},
	{"body-16k", "HTTP keep-alive, bodies of 16 KiB, 64 clients", 0.9, plain, load{clients: 64, answer: medium}, false, (*bench).playBytes},
	{"body-1m", "HTTP keep-alive, bodies of 1 MiB, 16 clients", 0.9, plain, load{clients: 16, answer: large}, false, (*bench).playBytes},
	{"log", "HTTP keep-alive, cookie insert indirect, httplog to a UDP sink, 64 clients", 0.85, logging, load{clients: 64}, false, (*bench).playRequests},
	{"dressed", "the same with prefix cookies, forwardfor and 20 request headers", 0.85, dressed, load{clients: 64, headers: manyHeaders()}, false, (*bench).playRequests},
	{"tcp-ping", "TCP relay, small messages to and fro, 64 clients", 0.9, relaying, load{clients: 64}, true, (*bench).playRequests},
	{"tcp-connect", "TCP relay, a connection for each small exchange, 64 clients", 1, relaying, load{clients: 64, headers: []string{"Connection: close"}}, false, (*bench).playRequests},
	{"tcp-1m", "TCP relay, connections of 1 MiB, 16 clients", 0.9, relaying, load{clients: 16, answer: large, headers: []string{"Connection: close"}}, false, (*bench).playBytes},
	{"tcp-64m", "TCP relay, connections of 64 MiB, 16 clients", 0.9, relaying, load{clients: 16, answer: huge, headers: []string{"Connection: close"}}, false, (*bench).playBytes},
	{"tcp-one", "TCP relay, one connection", 0.9, relaying, load{clients: 1, answer: huge}, false, (*bench).playBytes},
	{"idle-http", "memory of an idle keep-alive client connection", 1, plain, load{clients: 10000}, false, (*bench).playIdle},
	{"idle-tcp", "memory of an idle relayed connection", 1, relaying, load{clients: 9800}, false, (*bench).playIdle},
	{"workers", "requests per second of 1 and 2 workers, where load and servers share the machine", 0, plain, load{clients: 64}, false, (*bench).playWorkers},
	{"start", "from the start of the process to the first answer", 0, plain, load{}, false, (*bench).playStart},
	{"upgrade", "20 upgrades under load", 0, peer.Setup{Workers: 2, Upgrades: true}, load{clients: 32}, false, (*bench).playUpgrades},
	{"grow-servers", "HTTP keep-alive with more servers", 0, plain, load{clients: 64}, true, (*bench).playServers},
	{"grow-frontends", "HTTP keep-alive with more frontends beside the one that is used", 0, plain, load{clients: 64}, false, (*bench).playFrontends},
	{"grow-clients", "HTTP keep-alive, 64 clients among idle ones", 0, plain, load{clients: 64}, false, (*bench).playClients},
}
