package conf

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"lbmaster/conf/address"
	"lbmaster/conf/key"
	"lbmaster/conf/raw"
	"lbmaster/conf/valid"
)

var modes = []string{ModeTCP: "tcp", ModeHTTP: "http", ModeHealth: "health"}

func (m Mode) String() string { return modes[m] }

// proxy reads one listen, frontend or backend section.
func (p *parser) proxy(c *Config, proxy raw.Proxy) {
	kind, name, path := proxy.Kind, proxy.Name, proxy.Path
	place := p.at(path)
	if !valid.Label(name) {
		p.Fail(place, "%q is not a name for a section: use letters, digits and . - _ :", name)
		return
	}
	t := p.table(proxy.Section, key.InSection(kind))
	t.checkKeys(kind)
	p.withoutEffect(t)
	if t.scope&key.InFrontend != 0 {
		p.unique(p.frontends, name, path, place, "frontend")
		f := p.frontend(t, kind, name)
		f.Line = place.Line
		c.Frontends = append(c.Frontends, f)
	}
	if t.scope&key.InBackend != 0 && t.mode() != ModeHealth {
		p.unique(p.backends, name, path, place, "backend")
		b := p.backend(t, name)
		b.Line = place.Line
		c.Backends = append(c.Backends, b)
	}
}

// header is where a section begins.
type header struct {
	section string // "listen.webfarm"
	place   raw.Place
}

// unique refuses a second section of the same name on the same side, whose sections so far are known by their names.
func (p *parser) unique(known map[string]header, name, path string, place raw.Place, side string) {
	if h, taken := known[name]; taken {
		p.Fail(place, "%s on line %d is a %s of this name already: choose another", h.section, h.place.Line, side)
		return
	}
	known[name] = header{path, place}
}

// mode is what the section's mode says.
func (t *table) mode() Mode {
	return Mode(slices.Index(modes, t.one("mode", "tcp", modes...)))
}

func (p *parser) frontend(t *table, kind, name string) Frontend {
	f := Frontend{Name: name, Section: t.path, Mode: t.mode()}
	p.readBinds(t, &f)
	f.Backend = name
	if kind == "frontend" {
		f.Backend = t.str("default_backend", "")
		if f.Backend == "" && f.Mode != ModeHealth {
			t.wrong("default_backend", "%s", t.words.BackendName)
		}
	} else if _, ok := t.values["default_backend"]; ok {
		t.wrong("default_backend", "%s", fmt.Sprintf(t.words.OwnBackend, name))
	}
	if f.Mode == ModeHealth {
		f.Backend = ""
		f.HealthHTTP = t.str("httpchk", "") != ""
	}
	f.Maxconn = t.number("maxconn", 0, 0, 1<<24)
	f.MaxHeader = t.size("max_header", leastMaxHeader, MostMaxHeader)
	f.Grace = t.duration("grace", 0)
	f.HTTPClose, f.DontLogNull = t.boolean("httpclose"), t.boolean("dontlognull")
	f.ForwardFor, f.Forward = t.boolean("forwardfor"), t.forward()
	f.KeepAlive, f.NoLinger = t.boolean("clitcpka"), t.boolean("nolinger")
	f.Log = p.logs(t)
	f.LogTag, f.LogASAP = t.logTag(), t.boolean("logasap")
	f.LogFormat = p.logFormat(t, f.Mode)
	f.Capture = p.captures(t)
	f.MonitorNet = t.networks("monitor_net")
	f.DeferAccept = t.deferAccept(&f)
	f.FreeBind = t.boolean("free_bind")
	f.Errorfile = p.errorfile(t)
	timeout, _ := t.sub("timeout", key.InTimeout)
	f.Timeout.Client = timeout.duration("client", 50*time.Second)
	f.Timeout.HTTPRequest = timeout.duration("http_request", 0)
	f.Timeout.HTTPKeepAlive = timeout.duration("http_keep_alive", 0)
	f.Timeout.ClientFin = timeout.duration("client_fin", 0)
	return f
}

// deferAccept is what suits the clients, unless it is said: those of HTTP speak first, but monitors may not.
func (t *table) deferAccept(f *Frontend) bool {
	wanted, in := get(t, "defer_accept", "true or false", f.Mode == ModeHTTP && len(f.MonitorNet) == 0)
	if wanted && f.Mode == ModeHealth {
		in.wrong("defer_accept", "clients of mode health need not send anything: leave it out")
	}
	return wanted
}

// readBinds reads where a frontend listens.
func (p *parser) readBinds(t *table, f *Frontend) {
	texts, in, ok := t.strings("bind")
	if !ok || len(texts) == 0 {
		t.wrong("bind", "%s", t.words.NoBind)
	}
	for _, text := range texts {
		binds, err := address.ParseBinds(text, t.words.BindForms)
		if err != nil {
			in.wrong("bind", "%v", err)
			continue
		}
		for _, b := range binds {
			if who, taken := p.binds[b]; taken { // addresses that only overlap get along, see Relate
				in.wrong("bind", "%s is bound by %s already", text, who)
			}
			p.binds[b] = t.path
			b.Line = in.line("bind")
			f.Binds = append(f.Binds, b)
		}
	}
}

// networks reads a list of networks, and of addresses that each stand for themselves.
func (t *table) networks(name string) []netip.Prefix {
	texts, in, _ := t.strings(name)
	var all []netip.Prefix
	for _, s := range texts {
		prefix, err := netip.ParsePrefix(s)
		if ip, ipErr := netip.ParseAddr(s); err != nil && ipErr == nil {
			prefix, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			in.wrong(name, "%q is not a network: write \"192.168.1.252/31\"", s)
			continue
		}
		all = append(all, prefix.Masked())
	}
	return all
}
