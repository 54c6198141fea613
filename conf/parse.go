package conf

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// The words of findings are those of package raw.
type (
	Error   = raw.Error
	Errors  = raw.Errors
	Warning = raw.Warning
)

// Escape makes a text of others fit for a terminal and for one line of a log.
func Escape(s string) string { return raw.Escape(s) }

// parser reads one configuration.
type parser struct {
	*raw.Findings
	origin  raw.Origin
	words   *raw.Words
	binds   map[Bind]string // who listens where
	servers map[string]int  // the lines of the servers of the backend that is being parsed

	// The sections so far, by their names.
	frontends map[string]header
	backends  map[string]header
}

// at is the place of a key.
func (p *parser) at(key string) raw.Place { return p.origin.Of(key) }

// table is a section, with what stands behind it. Its keys are not checked yet.
func (p *parser) table(s *raw.Section, scope key.Scope) *table {
	if s == nil {
		return nil
	}
	return &table{parser: p, path: s.Path, scope: scope, values: s.Values, fallback: p.table(s.Behind, scope)}
}

// check turns a document of either language into a configuration. What is wrong goes to the findings; then the configuration is nil.
func check(d *raw.Document, f *raw.Findings) *Config {
	p := &parser{Findings: f, origin: d.Origin, words: &d.Words}
	p.binds, p.frontends, p.backends = make(map[Bind]string), make(map[string]header), make(map[string]header)
	c := &Config{}
	global, admin := p.table(d.Global, key.InGlobal), p.table(d.Admin, key.InAdmin)
	global.checkKeys("global")
	admin.checkKeys("admin")
	p.global(global, &c.Global)
	p.admin(admin, &c.Admin)
	for _, s := range d.Defaults {
		p.table(s, key.InListen).checkKeys("defaults")
	}
	for _, proxy := range d.Proxies {
		p.proxy(c, proxy)
	}
	p.references(c)
	p.tracks(c)
	p.unreachableMaxconn(c)
	if len(c.Frontends) == 0 && !p.Failed() {
		p.Fail(p.at(""), "%s", d.Words.Listens)
	}
	if p.Failed() {
		return nil
	}
	return c
}

func (p *parser) global(t *table, g *Global) {
	g.Workers = t.number("workers", 0, 0, 1024)
	g.User = t.str("user", "")
	g.Group = t.str("group", "")
	g.Chroot = p.chroot(t, g.User)
	g.Maxconn = t.number("maxconn", 2000, 1, 1<<24)
	g.UlimitN = t.number("ulimit_n", 0, 0, 1<<30)
	g.Pidfile = t.str("pidfile", "")
	g.Daemon = t.boolean("daemon")
	g.Quiet = t.boolean("quiet")
	g.Log = p.logs(t)
	g.LogTag, g.LogHost = t.logTag(), t.logHost()
	g.HardStopAfter = t.duration("hard_stop_after", 0)
	g.OrphanTime = t.duration("orphan_time", 0)
	g.UpgradeTimeout = t.duration("upgrade_timeout", 30*time.Second)
	g.MaxGenerations = t.number("max_generations", 16, 2, 1000)
	g.CPUAffinity = t.boolean("cpu_affinity")
}

// chroot reads the directory in which workers are locked up.
func (p *parser) chroot(t *table, user string) string {
	path := t.str("chroot", "")
	switch {
	case path == "":
	case !filepath.IsAbs(path):
		t.wrong("chroot", "%q: the path must be absolute", path)
	case user == "":
		p.Warn(t.place("chroot"), "without user, workers are still root, who may end processes outside: add user")
	}
	return path
}

// logs reads the log targets of a section.
func (p *parser) logs(t *table) []LogTarget {
	all, in, _ := t.strings("log")
	if len(all) > maxLogs {
		in.wrong("log", "%d targets: at most %d are possible", len(all), maxLogs)
	}
	var targets []LogTarget
	for _, s := range all {
		target, err := parseLog(s, t.words.LogForms)
		if err != nil {
			in.wrong("log", "%v", err)
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
			p.Fail(p.at(key), "backend %q has mode %s, this frontend mode %s: both must have the same", f.Backend, c.Backends[at].Mode, f.Mode)
		case known:
		case p.Full():
			return
		case raw.Nearest(f.Backend, names) != "":
			p.Fail(p.at(key), "there is no backend %q: did you mean %q?", f.Backend, raw.Nearest(f.Backend, names))
		default:
			p.Fail(p.at(key), "there is no backend %q: %s", f.Backend, fmt.Sprintf(p.words.NoBackend, f.Backend))
		}
	}
}
