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
	"lbmaster/conf/typed"
	"lbmaster/conf/valid"
)

func (p *parser) backend(t *table, name string) Backend {
	b := Backend{Name: name, Section: t.Path, Mode: modeOf(t)}
	b.Balance = t.One("balance", "", "roundrobin")
	p.dispatch(t, &b)
	b.Cookie = p.cookie(t)
	b.HTTPChk = p.httpchk(t)
	b.LogChecks = t.Boolean("log_health_checks")
	b.HTTPClose = t.Boolean("httpclose")
	b.ForwardFor, b.Forward = t.Boolean("forwardfor"), forward(t)
	b.Persist, b.Redispatch, b.AllBackups = t.Boolean("persist"), t.Boolean("redispatch"), t.Boolean("allbackups")
	b.KeepAlive, b.NoLinger, b.AbortOnClose = t.Boolean("srvtcpka"), t.Boolean("nolinger"), t.Boolean("abortonclose")
	b.AcceptInvalidResponses = t.Boolean("accept_invalid_responses")
	b.Retries = t.Number("retries", 3, 0, 100)
	b.Source = p.source(t)
	b.Errorfile = p.errorfile(t)
	timeout, _ := t.Sub("timeout", key.InTimeout)
	b.Timeout.Connect = timeout.Duration("connect", 5*time.Second)
	b.Timeout.Server = timeout.Duration("server", 50*time.Second)
	b.Timeout.Check = timeout.Duration("check", 0)
	b.Timeout.Tunnel = timeout.Duration("tunnel", 0)
	b.Timeout.ServerFin = timeout.Duration("server_fin", 0)
	p.servers = map[string]int{}
	for _, server := range p.serverTables(t) {
		b.Servers = append(b.Servers, p.server(server, &b))
	}
	p.target(t, &b)
	return b
}

// dispatch reads the fixed target that stands instead of a balance.
func (p *parser) dispatch(t *table, b *Backend) {
	s, in := typed.Get(t, "dispatch", "a string", "")
	if s == "" {
		return
	}
	a, err := address.ParseServer(s, t.Words.ServerForms)
	switch {
	case err != nil:
		in.Wrong("dispatch", "%v", err)
	case a.Mapped:
		in.Wrong("dispatch", "%q has no port", s)
	case b.Balance != "":
		in.Wrong("dispatch", "there is a balance too: keep one of the two")
	default:
		b.Dispatch = &a
	}
}

// target checks that requests have somewhere to go.
func (p *parser) target(t *table, b *Backend) {
	switch {
	case len(b.Servers) == 0 && b.Dispatch == nil && t.Str("dispatch", "") == "":
		p.Fail(t.At(t.Path), "%s", fmt.Sprintf(t.Words.NoServer, t.Path))
	case len(b.Servers) > 0 && b.Dispatch == nil:
		b.Balance = "roundrobin" // the only one there is, with or without saying so
	}
}

// serverTables are the tables of the servers, each [[....server]] or a table in a list.
func (p *parser) serverTables(t *table) []*table {
	v, in, ok := t.Find("server")
	if !ok {
		return nil
	}
	all := raw.Tables(v)
	if len(all) == 0 {
		in.Wrong("server", "%s where servers are expected: write [[%s.server]]", raw.KindOf(v), t.Path)
	}
	var tables []*table
	for i, values := range all {
		s := in.Inside("server["+strconv.Itoa(i)+"]", key.InServer, values)
		s.CheckKeys("server")
		tables = append(tables, s)
	}
	return tables
}

// cookieModes by what they are called.
var cookieModes = []string{CookiePlain: "", CookieRewrite: "rewrite", CookieInsert: "insert", CookiePrefix: "prefix"}

func (p *parser) cookie(t *table) *Cookie {
	sub, ok := t.Sub("cookie", key.InCookie)
	if !ok {
		return nil
	}
	c := &Cookie{Name: sub.Str("name", ""), Indirect: sub.Boolean("indirect"), NoCache: sub.Boolean("nocache"), PostOnly: sub.Boolean("postonly")}
	if !valid.Token(c.Name) {
		sub.Wrong("name", "%q is not a name for a cookie: use letters, digits and -_.", c.Name)
	}
	c.Mode = CookieMode(slices.Index(cookieModes, sub.One("mode", "", cookieModes[1:]...)))
	c.check(sub)
	return c
}

// check refuses options that mean nothing in the cookie's mode.
func (c *Cookie) check(t *table) {
	switch {
	case c.Mode == CookieRewrite && c.Indirect:
		t.Wrong("indirect", "%s needs the servers to see the cookie: leave indirect out", t.Words.CookieRewrite)
	case c.Mode == CookiePrefix && c.Indirect:
		t.Wrong("indirect", "%s carries the application's own cookie, which the client must get: leave indirect out", t.Words.CookiePrefix)
	}
	if c.NoCache && c.Mode != CookieInsert {
		t.Wrong("nocache", "it marks the response in which the proxy inserts the cookie: it needs %s", t.Words.CookieInsert)
	}
	if c.PostOnly && c.Mode != CookieInsert {
		t.Wrong("postonly", "it says when the proxy inserts the cookie: it needs %s", t.Words.CookieInsert)
	}
}

// httpchk reads "METHOD URI VERSION", "METHOD URI" or "URI".
func (p *parser) httpchk(t *table) *HTTPChk {
	s, in := typed.Get(t, "httpchk", "a string", "")
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
		in.Wrong("httpchk", "%q: %s", s, t.Words.Chk)
	}
	if !valid.Token(chk.Method) || chk.Version != "HTTP/1.0" && chk.Version != "HTTP/1.1" {
		in.Wrong("httpchk", "%q: %s", s, t.Words.Chk)
	}
	return chk
}

func (p *parser) source(t *table) *Source {
	s, in := typed.Get(t, "source", "a string", "")
	if s == "" {
		return nil
	}
	source, err := address.ParseSource(s, t.Words.SourceForms)
	if err != nil {
		in.Wrong("source", "%v", err)
	}
	return source
}
