package conf

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"lbmaster/conf/address"
	"lbmaster/conf/key"
	"lbmaster/conf/raw"
	"lbmaster/conf/typed"
)

// The words of findings are those of package raw.
type (
	Error   = raw.Error
	Errors  = raw.Errors
	Warning = raw.Warning
)

// Escape makes a text of others fit for a terminal and for one line of a log.
func Escape(s string) string { return raw.Escape(s) }

// table is what the sections are read from.
type table = typed.Table

// parser reads one configuration.
type parser struct {
	*typed.Reader
	binds   map[Bind]string // who listens where
	servers map[string]int  // the lines of the servers of the backend that is being parsed

	// The sections so far, by their names.
	frontends map[string]header
	backends  map[string]header
}

// check turns a document of either language into a configuration. What is wrong goes to the findings; then the configuration is nil.
func check(d *raw.Document, f *raw.Findings) *Config {
	p := &parser{Reader: &typed.Reader{Findings: f, Origin: d.Origin, Words: &d.Words}}
	p.binds, p.frontends, p.backends = make(map[Bind]string), make(map[string]header), make(map[string]header)
	c := &Config{}
	global, admin := p.Table(d.Global, key.InGlobal), p.Table(d.Admin, key.InAdmin)
	global.CheckKeys("global")
	admin.CheckKeys("admin")
	p.global(global, &c.Global)
	p.admin(admin, &c.Admin)
	for _, s := range d.Defaults {
		p.Table(s, key.InListen).CheckKeys("defaults")
	}
	for _, proxy := range d.Proxies {
		p.proxy(c, proxy)
	}
	p.references(c)
	p.tracks(c)
	p.unreachableMaxconn(c)
	if len(c.Frontends) == 0 && !p.Failed() {
		p.Fail(p.At(""), "%s", d.Words.Listens)
	}
	if p.Failed() {
		return nil
	}
	return c
}

func (p *parser) global(t *table, g *Global) {
	g.Workers = t.Number("workers", 0, 0, 1024)
	g.User = t.Str("user", "")
	g.Group = t.Str("group", "")
	g.Chroot = p.chroot(t, g.User)
	g.Maxconn = t.Number("maxconn", 2000, 1, 1<<24)
	g.UlimitN = t.Number("ulimit_n", 0, 0, 1<<30)
	g.Pidfile = t.Str("pidfile", "")
	g.Daemon = t.Boolean("daemon")
	g.Quiet = t.Boolean("quiet")
	g.Log = p.logs(t)
	g.LogTag, g.LogHost = logTag(t), logHost(t)
	g.HardStopAfter = t.Duration("hard_stop_after", 0)
	g.OrphanTime = t.Duration("orphan_time", 0)
	g.UpgradeTimeout = t.Duration("upgrade_timeout", 30*time.Second)
	g.MaxGenerations = t.Number("max_generations", 16, 2, 1000)
	g.CPUAffinity = t.Boolean("cpu_affinity")
}

// chroot reads the directory in which workers are locked up.
func (p *parser) chroot(t *table, user string) string {
	path := t.Str("chroot", "")
	switch {
	case path == "":
	case !filepath.IsAbs(path):
		t.Wrong("chroot", "%q: the path must be absolute", path)
	case user == "":
		p.Warn(t.Place("chroot"), "without user, workers are still root, who may end processes outside: add user")
	}
	return path
}

// logs reads the log targets of a section.
func (p *parser) logs(t *table) []LogTarget {
	all, in, _ := t.Strings("log")
	if len(all) > maxLogs {
		in.Wrong("log", "%d targets: at most %d are possible", len(all), maxLogs)
	}
	var targets []LogTarget
	for _, s := range all {
		target, err := address.ParseLog(s, t.Words.LogForms)
		if err != nil {
			in.Wrong("log", "%v", err)
			continue
		}
		targets = append(targets, target)
	}
	return targets
}

// references checks what sections say of each other.
func (p *parser) references(c *Config) {
	var names []string
	places := make(map[string]int)
	for i := range c.Backends {
		names = append(names, c.Backends[i].Name)
		places[c.Backends[i].Name] = i
	}
	for i := range c.Frontends {
		f := &c.Frontends[i]
		if !strings.HasPrefix(f.Section, "frontend.") || f.Backend == "" {
			continue
		}
		key := f.Section + ".default_backend"
		at, known := places[f.Backend]
		switch {
		case known && c.Backends[at].Mode != f.Mode:
			p.Fail(p.At(key), "backend %q has mode %s, this frontend mode %s: both must have the same", f.Backend, c.Backends[at].Mode, f.Mode)
		case known:
		case p.Full():
			return
		case raw.Nearest(f.Backend, names) != "":
			p.Fail(p.At(key), "there is no backend %q: did you mean %q?", f.Backend, raw.Nearest(f.Backend, names))
		default:
			p.Fail(p.At(key), "there is no backend %q: %s", f.Backend, fmt.Sprintf(p.Words.NoBackend, f.Backend))
		}
	}
}
