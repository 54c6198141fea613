package conf

import (
	"cmp"
	"slices"
	"time"

	"lbmaster/conf/address"
	"lbmaster/conf/valid"
)

// minInter keeps a mistake from becoming an attack on the server.
const minInter = 10 * time.Millisecond

func (p *parser) server(t *table, b *Backend) Server {
	s := Server{Name: t.Str("name", ""), Line: t.At(t.Path).Line}
	p.serverName(t, &s)
	p.serverAddress(t, &s)
	p.serverCookie(t, &s)
	s.Check = t.Boolean("check")
	s.CheckPort = t.Number("check_port", 0, 1, 65535)
	if s.Check && s.CheckPort == 0 && s.Address.Path == "" && s.Address.Mapped {
		t.Wrong("check", "the server has no port of its own to be checked on: add %s", t.Words.CheckPort)
	}
	s.Inter = t.Duration("inter", 2*time.Second)
	s.FastInter, s.DownInter = t.Duration("fastinter", 0), t.Duration("downinter", 0)
	for key, inter := range map[string]time.Duration{"inter": s.Inter, "fastinter": cmp.Or(s.FastInter, s.Inter), "downinter": cmp.Or(s.DownInter, s.Inter)} {
		if _, in, written := t.Find(key); s.Check && inter < minInter && (written || key == "inter") {
			in.Wrong(key, "%v is too short: at least %v must be between two checks", inter, minInter)
		}
	}
	s.Rise = t.Number("rise", 2, 1, 1000)
	s.Fall = t.Number("fall", 3, 1, 1000)
	s.Backup = t.Boolean("backup")
	s.Disabled, s.Track = t.Boolean("disabled"), track(t, b)
	s.OnDown = OnDown(slices.Index(onDownWords, t.One("on_marked_down", "", onDownWords...)))
	s.Weight = t.Number("weight", 1, 0, 256)
	s.Source = p.source(t)
	if s.Source == nil {
		s.Source = b.Source
	}
	return s
}

var onDownWords = []string{OnDownNothing: "", OnDownShutdown: "shutdown-sessions"}

func (p *parser) serverName(t *table, s *Server) {
	if !valid.Label(s.Name) {
		t.Wrong("name", "%q is not a name for a server: use letters, digits and . - _ :", s.Name)
	}
	if line, taken := p.servers[s.Name]; taken {
		t.Wrong("name", "there is a server %q on line %d already", s.Name, line)
		return
	}
	p.servers[s.Name] = s.Line
}

func (p *parser) serverAddress(t *table, s *Server) {
	text := t.Str("address", "")
	if text == "" {
		t.Wrong("address", "missing: %s", t.Words.ServerForms)
		return
	}
	a, err := address.ParseServer(text, t.Words.ServerForms)
	if err != nil {
		t.Wrong("address", "%v", err)
	}
	s.Address = a
}

// maxCookieValue bounds a persistence value, which is sent with every first response.
const maxCookieValue = 256

func (p *parser) serverCookie(t *table, s *Server) {
	s.Cookie = t.Str("cookie", "")
	for i := range len(s.Cookie) {
		// RFC 6265 section 4.1.1: what a cookie's value can hold.
		if c := s.Cookie[i]; c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\' {
			t.Wrong("cookie", "%q has a character that a cookie cannot have (blank, quote, comma, semicolon, backslash)", s.Cookie)
			return
		}
	}
	if len(s.Cookie) > maxCookieValue {
		t.Wrong("cookie", "%d bytes: at most %d are possible", len(s.Cookie), maxCookieValue)
	}
}
