package conf

import (
	"fmt"
	"strings"

	"lbmaster/conf/raw"
	"lbmaster/conf/typed"
)

// track reads which server's state this one has: "backend/server", or "server" for one of the same backend.
func track(t *table, b *Backend) string {
	s, in := typed.Get(t, "track", "a string", "")
	if s == "" {
		return ""
	}
	if t.Boolean("check") {
		in.Wrong("track", "the server has checks of its own: leave out track, or check")
	}
	if !strings.Contains(s, "/") {
		return b.Name + "/" + s
	}
	return s
}

// tracks checks that each server which tracks another one comes to one that is checked, over others that track or not.
func (p *parser) tracks(c *Config) {
	servers := make(map[string]*Server)
	var names []string
	for i := range c.Backends {
		b := &c.Backends[i]
		for j := range b.Servers {
			name := b.Name + "/" + b.Servers[j].Name
			servers[name], names = &b.Servers[j], append(names, name)
		}
	}
	for i := range c.Backends {
		b := &c.Backends[i]
		for j := range b.Servers {
			if s := &b.Servers[j]; s.Track != "" {
				if fault := trackFault(servers, names, s); fault != "" && !p.Full() {
					p.Fail(p.At(fmt.Sprintf("%s.server[%d].track", b.Section, j)), "%s", fault)
				}
			}
		}
	}
}

// trackFault is what is wrong with the server that another one tracks; "": nothing.
func trackFault(servers map[string]*Server, names []string, s *Server) string {
	led, ok := servers[s.Track]
	if !ok {
		if near := raw.Nearest(s.Track, names); near != "" {
			return fmt.Sprintf("there is no server %q: did you mean %q?", s.Track, near)
		}
		return fmt.Sprintf("there is no server %q: write backend/server", s.Track)
	}
	for range servers {
		switch {
		case led == s:
			return "it comes back to the server itself: one of them must have checks"
		case led.Check:
			return ""
		case led.Track == "":
			return fmt.Sprintf("nobody checks %q: add check there", s.Track)
		}
		if led = servers[led.Track]; led == nil {
			return "" // which is said there
		}
	}
	return "it comes to servers that track each other: one of them must have checks"
}
