package conf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbmaster/conf/address"
	"lbmaster/conf/key"
	"lbmaster/conf/raw"
	"lbmaster/conf/valid"
)

func (p *parser) backend(t *table, name string) Backend {
	b := Backend{Name: name, Section: t.path, Mode: t.mode()}
	b.Balance = t.one("balance", "", "roundrobin")
	p.dispatch(t, &b)
	b.Cookie = p.cookie(t)
	b.HTTPChk = p.httpchk(t)
	b.LogChecks = t.boolean("log_health_checks")
	b.HTTPClose = t.boolean("httpclose")
	b.ForwardFor, b.Forward = t.boolean("forwardfor"), t.forward()
	b.Persist, b.Redispatch, b.AllBackups = t.boolean("persist"), t.boolean("redispatch"), t.boolean("allbackups")
	b.KeepAlive, b.NoLinger, b.AbortOnClose = t.boolean("srvtcpka"), t.boolean("nolinger"), t.boolean("abortonclose")
	b.AcceptInvalidResponses = t.boolean("accept_invalid_responses")
	b.Retries = t.number("retries", 3, 0, 100)
	b.Source = p.source(t)
	b.Errorfile = p.errorfile(t)
	timeout, _ := t.sub("timeout", key.InTimeout)
	b.Timeout.Connect = timeout.duration("connect", 5*time.Second)
	b.Timeout.Server = timeout.duration("server", 50*time.Second)
	b.Timeout.Check = timeout.duration("check", 0)
	b.Timeout.Tunnel = timeout.duration("tunnel", 0)
	b.Timeout.ServerFin = timeout.duration("server_fin", 0)
	p.servers = map[string]int{}
	for _, server := range p.serverTables(t) {
		b.Servers = append(b.Servers, p.server(server, &b))
	}
	p.target(t, &b)
	return b
}

// dispatch reads the fixed target that stands instead of a balance.
func (p *parser) dispatch(t *table, b *Backend) {
	s, in := get(t, "dispatch", "a string", "")
	if s == "" {
		return
	}
	a, err := address.ParseServer(s, t.words.ServerForms)
	switch {
	case err != nil:
		in.wrong("dispatch", "%v", err)
	case a.Mapped:
		in.wrong("dispatch", "%q has no port", s)
	case b.Balance != "":
		in.wrong("dispatch", "there is a balance too: keep one of the two")
	default:
		b.Dispatch = &a
	}
}

// target checks that requests have somewhere to go.
func (p *parser) target(t *table, b *Backend) {
	switch {
	case len(b.Servers) == 0 && b.Dispatch == nil && t.str("dispatch", "") == "":
		p.Fail(t.at(t.path), "%s", fmt.Sprintf(t.words.NoServer, t.path))
	case len(b.Servers) > 0 && b.Dispatch == nil:
		b.Balance = "roundrobin" // the only one there is, with or without saying so
	}
}

// serverTables are the tables of the servers, each [[....server]] or a table in a list.
func (p *parser) serverTables(t *table) []*table {
	v, in, ok := t.find("server")
	if !ok {
		return nil
	}
	all := raw.Tables(v)
	if len(all) == 0 {
		in.wrong("server", "%s where servers are expected: write [[%s.server]]", raw.KindOf(v), t.path)
	}
	var tables []*table
	for i, values := range all {
		path := in.path + ".server[" + strconv.Itoa(i) + "]"
		s := &table{parser: p, path: path, scope: key.InServer, values: values}
		s.checkKeys("server")
		tables = append(tables, s)
	}
	return tables
}

// cookieModes by what they are called.
var cookieModes = []string{CookiePlain: "", CookieRewrite: "rewrite", CookieInsert: "insert", CookiePrefix: "prefix"}

func (p *parser) cookie(t *table) *Cookie {
	sub, ok := t.sub("cookie", key.InCookie)
	if !ok {
		return nil
	}
	c := &Cookie{Name: sub.str("name", ""), Indirect: sub.boolean("indirect"), NoCache: sub.boolean("nocache"), PostOnly: sub.boolean("postonly")}
	if !valid.Token(c.Name) {
		sub.wrong("name", "%q is not a name for a cookie: use letters, digits and -_.", c.Name)
	}
	c.Mode = CookieMode(slices.Index(cookieModes, sub.one("mode", "", cookieModes[1:]...)))
	c.check(sub)
	return c
}

// check refuses options that mean nothing in the cookie's mode.
func (c *Cookie) check(t *table) {
	switch {
	case c.Mode == CookieRewrite && c.Indirect:
		t.wrong("indirect", "%s needs the servers to see the cookie: leave indirect out", t.words.CookieRewrite)
	case c.Mode == CookiePrefix && c.Indirect:
		t.wrong("indirect", "%s carries the application's own cookie, which the client must get: leave indirect out", t.words.CookiePrefix)
	}
	if c.NoCache && c.Mode != CookieInsert {
		t.wrong("nocache", "it marks the response in which the proxy inserts the cookie: it needs %s", t.words.CookieInsert)
	}
	if c.PostOnly && c.Mode != CookieInsert {
		t.wrong("postonly", "it says when the proxy inserts the cookie: it needs %s", t.words.CookieInsert)
	}
}

// httpchk reads "METHOD URI VERSION", "METHOD URI" or "URI".
func (p *parser) httpchk(t *table) *HTTPChk {
	s, in := get(t, "httpchk", "a string", "")
	words := strings.Fields(s)
	chk := &HTTPChk{Method: "OPTIONS", URI: "/", Version: "HTTP/1.0"}
	switch len(words) {
	case 0:
		return nil
	case 1:
		chk.URI = words[0]
	case 2:
		chk.Method, chk.URI = words[0], words[1]
	case 3:
		chk.Method, chk.URI, chk.Version = words[0], words[1], words[2]
	default:
		in.wrong("httpchk", "%q: %s", s, t.words.Chk)
	}
	if !valid.Token(chk.Method) || chk.Version != "HTTP/1.0" && chk.Version != "HTTP/1.1" {
		in.wrong("httpchk", "%q: %s", s, t.words.Chk)
	}
	return chk
}

func (p *parser) source(t *table) *Source {
	s, in := get(t, "source", "a string", "")
	if s == "" {
		return nil
	}
	source, err := address.ParseSource(s, t.words.SourceForms)
	if err != nil {
		in.wrong("source", "%v", err)
	}
	return source
}
