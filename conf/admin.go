package conf

import (
	"net/netip"
	"strings"

	"lbmaster/conf/address"
	"lbmaster/conf/valid"
)

// admin reads where the runtime interfaces listen. Who reaches the one over TCP sees what the instance does, so that an
// address which others can reach must be meant.
func (p *parser) admin(t *table, a *Admin) {
	a.Socket = t.Str("socket", "")
	if a.Socket != "" {
		// The master makes it under a longer name first.
		if err := address.CheckUnixPath(a.Socket); err != nil || len(a.Socket) > address.MaxUnixPath-len(".new") {
			t.Wrong("socket", "%q must be an absolute path of at most %d bytes", a.Socket, address.MaxUnixPath-len(".new"))
		}
	}
	a.Mode, a.User, a.Group = t.FileMode("mode"), t.Str("user", ""), t.Str("group", "")
	a.Public = t.Boolean("public")
	a.Pprof = t.Boolean("pprof")
	a.Hosts = adminHosts(t)
	p.adminListen(t, a)
	if a.Pprof && !a.Listen.Addr().IsLoopback() {
		t.Wrong("pprof", "profiles show how the program works inside, and cost time: listen must be a loopback address, as in \"127.0.0.1:8404\"")
	}
}

// adminHosts reads the names that requests may ask for besides addresses.
func adminHosts(t *table) []string {
	all, in, _ := t.Strings("hosts")
	var hosts []string
	for _, name := range all {
		if !valid.Host(name) {
			in.Wrong("hosts", "%q is not a name of a host: write it without port and scheme, as in \"metrics.example.org\"", name)
			continue
		}
		hosts = append(hosts, strings.ToLower(strings.TrimSuffix(name, ".")))
	}
	return hosts
}

// adminListen reads the one address over TCP.
func (p *parser) adminListen(t *table, a *Admin) {
	text := t.Str("listen", "")
	if text == "" {
		return
	}
	binds, err := address.ParseBind(text, t.Words.BindForms)
	switch {
	case err != nil:
		t.Wrong("listen", "%v", err)
	case len(binds) != 1 || binds[0].Network != "tcp":
		t.Wrong("listen", "%q is not one address with a port: write \"127.0.0.1:8404\"", text)
	case !binds[0].Addr.IsLoopback() && !a.Public:
		t.Wrong("listen", "others can reach %s: write \"127.0.0.1:%d\", or add public = true if they are meant to", text, binds[0].Port)
	default:
		b := binds[0]
		a.Listen = netip.AddrPortFrom(b.Addr, uint16(b.Port))
		b.Line = 0
		if who, taken := p.binds[b]; taken {
			t.Wrong("listen", "%s is bound by %s already", text, who)
		}
		p.binds[b] = t.Path
	}
}
