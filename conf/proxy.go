package conf

import (
	"fmt"
	"slices"
	"time"

	"lbmaster/conf/address"
	"lbmaster/conf/key"
	"lbmaster/conf/raw"
	"lbmaster/conf/typed"
	"lbmaster/conf/valid"
)

var modes = []string{ModeTCP: "tcp", ModeHTTP: "http", ModeHealth: "health"}

func (m Mode) String() string { return modes[m] }

// proxy reads one listen, frontend or backend section.
func (p *parser) proxy(c *Config, proxy raw.Proxy) {
	kind, name, path := proxy.Kind, proxy.Name, proxy.Path
	place := p.At(path)
	if !valid.Label(name) {
		p.Fail(place, "%q is not a name for a section: use letters, digits and . - _ :", name)
		return
	}
	t := p.Table(proxy.Section, key.InSection(kind))
	t.CheckKeys(kind)
	p.withoutEffect(t)
	if t.Scope&key.InFrontend != 0 {
		p.unique(p.frontends, name, path, place, "frontend")
		f := p.frontend(t, kind, name)
		f.Line = place.Line
		c.Frontends = append(c.Frontends, f)
	}
	if t.Scope&key.InBackend != 0 && modeOf(t) != ModeHealth {
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
func modeOf(t *table) Mode {
	return Mode(slices.Index(modes, t.One("mode", "tcp", modes...)))
}

func (p *parser) frontend(t *table, kind, name string) Frontend {
	f := Frontend{Name: name, Section: t.Path, Mode: modeOf(t)}
	p.readBinds(t, &f)
	f.Backend = name
	if kind == "frontend" {
		f.Backend = t.Str("default_backend", "")
		if f.Backend == "" && f.Mode != ModeHealth {
			t.Wrong("default_backend", "%s", t.Words.BackendName)
		}
	} else if _, ok := t.Values["default_backend"]; ok {
		t.Wrong("default_backend", "%s", fmt.Sprintf(t.Words.OwnBackend, name))
	}
	if f.Mode == ModeHealth {
		f.Backend = ""
		f.HealthHTTP = t.Str("httpchk", "") != ""
	}
	f.Maxconn = t.Number("maxconn", 0, 0, 1<<24)
	f.MaxHeader = t.Size("max_header", leastMaxHeader, MostMaxHeader)
	f.Grace = t.Duration("grace", 0)
	f.HTTPClose, f.DontLogNull = t.Boolean("httpclose"), t.Boolean("dontlognull")
	f.ForwardFor, f.Forward = t.Boolean("forwardfor"), forward(t)
	f.KeepAlive, f.NoLinger = t.Boolean("clitcpka"), t.Boolean("nolinger")
	f.Log = p.logs(t)
	f.LogTag, f.LogASAP = logTag(t), t.Boolean("logasap")
	f.LogFormat = p.logFormat(t, f.Mode)
	f.Capture = p.captures(t)
	f.MonitorNet = t.Networks("monitor_net")
	f.DeferAccept = deferAccept(t, &f)
	f.FreeBind = t.Boolean("free_bind")
	f.Errorfile = p.errorfile(t)
	timeout, _ := t.Sub("timeout", key.InTimeout)
	f.Timeout.Client = timeout.Duration("client", 50*time.Second)
	f.Timeout.HTTPRequest = timeout.Duration("http_request", 0)
	f.Timeout.HTTPKeepAlive = timeout.Duration("http_keep_alive", 0)
	f.Timeout.ClientFin = timeout.Duration("client_fin", 0)
	return f
}

// deferAccept is what suits the clients, unless it is said: those of HTTP speak first, but monitors may not.
func deferAccept(t *table, f *Frontend) bool {
	wanted, in := typed.Get(t, "defer_accept", "true or false", f.Mode == ModeHTTP && len(f.MonitorNet) == 0)
	if wanted && f.Mode == ModeHealth {
		in.Wrong("defer_accept", "clients of mode health need not send anything: leave it out")
	}
	return wanted
}

// readBinds reads where a frontend listens.
func (p *parser) readBinds(t *table, f *Frontend) {
	texts, in, ok := t.Strings("bind")
	if !ok || len(texts) == 0 {
		t.Wrong("bind", "%s", t.Words.NoBind)
	}
	for _, text := range texts {
		binds, err := address.ParseBinds(text, t.Words.BindForms)
		if err != nil {
			in.Wrong("bind", "%v", err)
			continue
		}
		for _, b := range binds {
			if who, taken := p.binds[b]; taken { // addresses that only overlap get along, see Relate
				in.Wrong("bind", "%s is bound by %s already", text, who)
			}
			p.binds[b] = t.Path
			b.Line = in.Line("bind")
			f.Binds = append(f.Binds, b)
		}
	}
}
