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
	s := Server{Name: t.str("name", ""), Line: t.at(t.path).Line}
	p.serverName(t, &s)
	p.serverAddress(t, &s)
	p.serverCookie(t, &s)
	s.Check = t.boolean("check")
	s.CheckPort = t.number("check_port", 0, 1, 65535)
	if s.Check && s.CheckPort == 0 && s.Address.Path == "" && s.Address.Mapped {
		t.wrong("check", "the server has no port of its own to be checked on: add %s", t.words.CheckPort)
	}
	s.Inter = t.duration("inter", 2*time.Second)
	s.FastInter, s.DownInter = t.duration("fastinter", 0), t.duration("downinter", 0)
	for key, inter := range map[string]time.Duration{"inter": s.Inter, "fastinter": cmp.Or(s.FastInter, s.Inter), "downinter": cmp.Or(s.DownInter, s.Inter)} {
		if _, in, written := t.find(key); s.Check && inter < minInter && (written || key == "inter") {
			in.wrong(key, "%v is too short: at least %v must be between two checks", inter, minInter)
		}
	}
	s.Rise = t.number("rise", 2, 1, 1000)
	s.Fall = t.number("fall", 3, 1, 1000)
	s.Backup = t.boolean("backup")
	s.Disabled, s.Track = t.boolean("disabled"), t.track(b)
	s.OnDown = OnDown(slices.Index(onDownWords, t.one("on_marked_down", "", onDownWords...)))
	s.Weight = t.number("weight", 1, 0, 256)
	s.Source = p.source(t)
	if s.Source == nil {
		s.Source = b.Source
	}
	return s
}

var onDownWords = []string{OnDownNothing: "", OnDownShutdown: "shutdown-sessions"}

func (p *parser) serverName(t *table, s *Server) {
	if !valid.Label(s.Name) {
		t.wrong("name", "%q is not a name for a server: use letters, digits and . - _ :", s.Name)
	}
	if line, taken := p.servers[s.Name]; taken {
		t.wrong("name", "there is a server %q on line %d already", s.Name, line)
		return
	}
	p.servers[s.Name] = s.Line
}

func (p *parser) serverAddress(t *table, s *Server) {
	text := t.str("address", "")
	if text == "" {
		t.wrong("address", "missing: %s", t.words.ServerForms)
		return
	}
	a, err := address.ParseServer(text, t.words.ServerForms)
	if err != nil {
		t.wrong("address", "%v", err)
	}
	s.Address = a
}

// maxCookieValue bounds a persistence value, which is sent with every first response.
const maxCookieValue = 256

func (p *parser) serverCookie(t *table, s *Server) {
	s.Cookie = t.str("cookie", "")
	for i := range len(s.Cookie) {
		// RFC 6265 section 4.1.1: what a cookie's value can hold.
		if c := s.Cookie[i]; c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\' {
			t.wrong("cookie", "%q has a character that a cookie cannot have (blank, quote, comma, semicolon, backslash)", s.Cookie)
			return
		}
	}
	if len(s.Cookie) > maxCookieValue {
		t.wrong("cookie", "%d bytes: at most %d are possible", len(s.Cookie), maxCookieValue)
	}
}
