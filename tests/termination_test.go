//go:build linux

package tests

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// ending is a way in which a stream can end, and what httplog tells about it.
type ending struct {
	name    string
	section string // one of endingSections
	act     func(a *act)
	status  int
	state   string // termination state
	signs   string // which of TR/Tw/Tc/Tr/Ta were reached
	server  string // "": webA, the puppet that every section has
	retries string // "": "0"
	request string // "": "GET / HTTP/1.1"
}

// act is an ending that is being played.
type act struct {
	*raw    // the client, connected
	servers *puppets
}

// endingSections are sections by name, with their servers and their own lines.
var endingSections = []struct{ name, servers, lines string }{
	{"web", "webA", "timeout = " + patient},
	{"cookie", "webA", insertCookie + "\ntimeout = " + patient},
	{"empty", "webA", insertCookie + "\ntimeout = " + patient},
	{"refused", "gone", "retries = 3\n" + hasty},
	{"refusing", "gone", insertCookie + "\nretries = 1\n" + hasty},
	{"hole", "hole", "retries = 2\n" + hasty},
	{"elsewhere", "gone webA", insertCookie + "\nredispatch = true\nretries = 1\n" + hasty},
	{"insisting", "gone webA", insertCookie + "\npersist = true\nredispatch = true\nretries = 3\n" + hasty},
	{"moved", "gone webA", insertCookie + "\n" + hasty},
	{"paired", "gone twin", insertCookie + "\n" + hasty},
	{"impatient", "webA", `timeout = { connect = "5s", client = "30s", server = "30s", http_request = "200ms" }`},
	{"slowserver", "webA", `timeout = { connect = "5s", client = "30s", server = "200ms" }`},
	{"slowclient", "webA", `timeout = { connect = "5s", client = "200ms", server = "30s" }`},
}

const hasty = `timeout = { connect = "100ms", client = "30s", server = "30s" }`

const (
	plainGet  = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	plainOK   = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	partOfOne = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello"
	partOfAll = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000000\r\n\r\n"
	halfPost  = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello"
)

// endings are what HAProxy 2.6 was seen to log, except that a client that leaves before the response does so in H, as
// HAProxy's manual has it.
var endings = []ending{
	{name: "good", section: "web", act: exchange(plainGet, plainOK), status: 200, state: "----", signs: "+++++"},
	{name: "no server is up", section: "empty", act: ask(plainGet), status: 503, state: "SCNN", signs: "+---+", server: "<NOSRV>"},
	{name: "no server is up, cookie", section: "empty", act: ask(withCookie("A")), status: 503, state: "SCDN", signs: "+---+", server: "<NOSRV>"},
	{name: "refused", section: "refused", act: ask(plainGet), status: 503, state: "SC--", signs: "++--+", server: "gone", retries: "3"},
	{name: "refused, cookie", section: "refusing", act: ask(withCookie("D")), status: 503, state: "SCVN", signs: "++--+", server: "gone", retries: "1"},
	{name: "refused, no cookie", section: "refusing", act: ask(plainGet), status: 503, state: "SCNN", signs: "++--+", server: "gone", retries: "1"},
	{name: "connect timeout", section: "hole", act: ask(plainGet), status: 503, state: "sC--", signs: "++--+", server: "hole", retries: "2"},
	{name: "redispatched", section: "elsewhere", act: exchange(withCookie("D"), plainOK), status: 200, state: "--DI", signs: "+++++", retries: "+1"},
	{name: "persist, then redispatched", section: "insisting", act: exchange(withCookie("D"), plainOK), status: 200, state: "--DI", signs: "+++++", retries: "+1"},
	{name: "server of the cookie is down", section: "moved", act: exchange(withCookie("D"), plainOK), status: 200, state: "--DI", signs: "+++++"},
	{name: "its twin is up", section: "paired", act: exchange(withCookie("D"), plainOK), status: 200, state: "--VN", signs: "+++++", server: "twin"},
	{name: "server closes before the head", section: "web", act: cutOff(plainGet, ""), status: 502, state: "SH--", signs: "+++-+"},
	{name: "server closes in the head", section: "web", act: cutOff(plainGet, "HTTP/1.1 200 OK\r\nX-"), status: 502, state: "SH--", signs: "+++-+"},
	{name: "server is silent", section: "slowserver", act: stop(plainGet, ""), status: 504, state: "sH--", signs: "+++-+"},
	{name: "server speaks no HTTP", section: "web", act: cutOff(plainGet, "hello, what do you want?\r\n\r\n"), status: 502, state: "PH--", signs: "+++-+"},
	{name: "head takes too long", section: "impatient", act: ask("GET / HTTP/1.1\r\nHo"), status: 408, state: "cR--", signs: "----+", server: "<NOSRV>", request: "<BADREQ>"},
	{name: "nothing comes", section: "impatient", act: ask(""), status: 408, state: "cR--", signs: "----+", server: "<NOSRV>", request: "<BADREQ>"},
	{name: "client closes in the head", section: "web", act: hangUp("GET / HTTP/1.1\r\nHo"), status: 400, state: "CR--", signs: "----+", server: "<NOSRV>", request: "<BADREQ>"},
	{name: "client resets in the head", section: "web", act: reset("GET / HTTP/1.1\r\nHo"), status: 400, state: "CR--", signs: "----+", server: "<NOSRV>", request: "<BADREQ>"},
	{name: "client closes at once", section: "web", act: hangUp(""), status: 400, state: "CR--", signs: "----+", server: "<NOSRV>", request: "<BADREQ>"},
	{name: "bad request", section: "web", act: ask("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), status: 400, state: "PR--", signs: "----+", server: "<NOSRV>", request: "<BADREQ>"},
	// Nobody looks at a client while the server is at work, as in HAProxy without abortonclose.
	{name: "client resets before the answer", section: "slowserver", act: resetWaiting, status: 504, state: "sH--", signs: "+++-+"},
	{name: "client resets in its body", section: "web", act: resetSending, status: -1, state: "CH--", signs: "+++-+", request: "POST / HTTP/1.1"},
	{name: "client's body takes too long", section: "slowclient", act: ask(halfPost), status: 408, state: "cH--", signs: "+++-+", request: "POST / HTTP/1.1"},
	{name: "server closes in the body", section: "web", act: cutOff(plainGet, partOfOne), status: 200, state: "SD--", signs: "+++++"},
	{name: "server stops in the body", section: "slowserver", act: stop(plainGet, partOfOne), status: 200, state: "sD--", signs: "+++++"},
	{name: "client resets in the body", section: "web", act: resetInBody, status: 200, state: "CD--", signs: "+++++"},
	{name: "client does not read", section: "slowclient", act: neverRead, status: 200, state: "cD--", signs: "+++++"},
}

func TestTerminationStates(t *testing.T) {
	t.Parallel()
	servers, addr, log := newEndingSite(t)
	for _, e := range endings {
		c := dial(t, addr[e.section])
		e.act(&act{c, servers})
		l := log.http()
		c.Close()
		server := e.section + "/" + or(e.server, "webA")
		if l.status != e.status || l.state != e.state || l.signs() != e.signs || l.server != server ||
			l.retries != or(e.retries, "0") || l.request != or(e.request, "GET / HTTP/1.1") {
			t.Errorf("%s: logged\n%s\nwant %s %s %d %s retries %s %q", e.name, l.line, server, e.signs, e.status, e.state,
				or(e.retries, "0"), or(e.request, "GET / HTTP/1.1"))
		}
	}
}

// endingServers are the servers of endingSections: a puppet, which has two names, an address where nobody is and one that
// swallows everything.
func endingServers(p place) map[string]target {
	return map[string]target{
		"webA": {address: p.server(0), extra: cookieOf("A")},
		"twin": {address: p.server(0), extra: cookieOf("D") + "\nbackup = true"},
		"gone": {address: p.server(1), extra: cookieOf("D")},
		"hole": {address: p.server(2)},
	}
}

// newEndingSite runs one lbmaster with all of endingSections.
func newEndingSite(t *testing.T) (*puppets, map[string]string, *sink) {
	t.Helper()
	s, servers := newPuppets(t, 1)
	log := newSink(t, s.place)
	at := endingServers(s.place)
	blackHole(t, at["hole"].address)
	addr := make(map[string]string)
	conf := "[global]\nworkers = 1\n" + log.target() + "\n[defaults]\nmode = \"http\"\nlog_format = \"httplog\"\n"
	for i, e := range endingSections {
		addr[e.name] = s.place.addr(1, 8080+i)
		conf += fmt.Sprintf("[listen.%s]\nbind = %q\n%s\n", e.name, addr[e.name], e.lines)
		for name := range strings.FieldsSeq(e.servers) {
			conf += fmt.Sprintf("[[listen.%s.server]]\nname = %q\naddress = %q\n%s\n", e.name, name, at[name].address, at[name].extra)
		}
	}
	b := launch(t, s.place, conf)
	b.awaitReady()
	b.board().down("empty/webA", "insisting/gone", "moved/gone", "paired/gone")
	return servers, addr, log
}

func withCookie(v string) string {
	return "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nCookie: SERVERID=" + v + "\r\n\r\n"
}

// exchange: the client asks and the server answers.
func exchange(request, response string) func(*act) {
	return func(a *act) {
		a.send(request)
		a.servers.next().answer(response)
		a.untilTheEnd()
	}
}

// ask: the client sends something and waits for what becomes of it.
func ask(request string) func(*act) {
	return func(a *act) {
		a.send(request)
		a.untilTheEnd()
	}
}

// cutOff: the server answers with these bytes and the end of the connection.
func cutOff(request, response string) func(*act) {
	return func(a *act) {
		a.send(request)
		a.servers.next().cut(response)
		a.untilTheEnd()
	}
}

// stop: the server answers with these bytes and then says nothing.
func stop(request, response string) func(*act) {
	return func(a *act) {
		a.send(request)
		v := a.servers.next()
		_, _ = io.WriteString(v.conn, response)
		a.untilTheEnd()
	}
}

func hangUp(request string) func(*act) {
	return func(a *act) {
		a.send(request)
		a.Close()
	}
}

func reset(request string) func(*act) {
	return func(a *act) {
		a.send(request)
		a.reset()
	}
}

// resetWaiting: the client leaves when its request has reached the server.
func resetWaiting(a *act) {
	a.send(plainGet)
	v := a.servers.next()
	a.reset()
	v.abandoned()
}

// resetSending: the client leaves when only a part of its request has reached the server.
func resetSending(a *act) {
	before := a.servers.heads.Load()
	a.send(halfPost)
	if !soon(func() bool { return a.servers.heads.Load() > before }) {
		a.t.Fatal("no request has reached a server")
	}
	a.reset()
}

// resetInBody: the client leaves while the server still sends.
func resetInBody(a *act) {
	a.send(plainGet)
	v := a.servers.next()
	_, _ = io.WriteString(v.conn, partOfAll)
	a.expect("HTTP/1.1 200 OK\r\n")
	a.reset()
	v.sendUntilClosed()
}

// neverRead: the server sends more than the client takes.
func neverRead(a *act) {
	a.send(plainGet)
	v := a.servers.next()
	_, _ = io.WriteString(v.conn, partOfAll)
	v.sendUntilClosed()
}

// sendUntilClosed sends until the proxy has had enough, and ends the connection.
func (v *visit) sendUntilClosed() {
	for block := make([]byte, 64<<10); ; {
		if _, err := v.conn.Write(block); err != nil {
			break
		}
	}
	v.goesOn <- false
}

// untilTheEnd reads whatever comes until the connection ends.
func (a *act) untilTheEnd() {
	a.t.Helper()
	a.deadline(settle)
	if _, err := io.Copy(io.Discard, a.r); timedOut(err) {
		a.t.Error("the connection does not end")
	}
}

// reset ends the connection with a reset.
func (c *raw) reset() {
	if err := c.SetLinger(0); err != nil {
		c.t.Errorf("cannot reset: %v", err)
	}
	c.Close()
}
