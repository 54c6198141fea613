package conf

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Parse reads and checks a configuration. The name is that of the file, for the messages. The error is of type Errors: all
// that is wrong, not only the first. Warnings come with and without an error.
func Parse(name string, text []byte) (*Config, []Warning, error) {
	p := &parser{findings: &findings{file: name}}
	if line, why := tooDeep(string(text)); line > 0 {
		p.fail(line, "", "%s", why)
		_, err := p.sorted()
		return nil, nil, err
	}
	p.lines = indexLines(string(text))
	var root map[string]any
	meta, err := toml.Decode(string(text), &root)
	if err != nil {
		p.syntax(err)
		_, err := p.sorted()
		return nil, nil, err
	}
	c := p.parse(root, meta.Keys())
	warnings, err := p.sorted()
	if err != nil {
		return nil, warnings, err
	}
	return c, warnings, nil
}

// parser reads one text.
type parser struct {
	*findings
	lines    lines
	defaults *table
	binds    map[Bind]string // who listens where
	servers  map[string]int  // the lines of the servers of the backend that is being parsed

	// The sections so far, by their names.
	frontends map[string]header
	backends  map[string]header
}

// syntax reports a text that is not TOML.
func (p *parser) syntax(err error) {
	var e toml.ParseError
	if errors.As(err, &e) {
		message := e.Message
		if message == "" {
			message = strings.TrimPrefix(e.Error(), "toml: ")
		}
		p.fail(e.Position.Line, e.LastKey, "%s", message)
		return
	}
	p.fail(0, "", "%v", err)
}

// sections are the kinds of tables at the top of a file.
var sections = []string{"global", "admin", "defaults", "listen", "frontend", "backend"}

func (p *parser) parse(root map[string]any, order []toml.Key) *Config {
	p.binds, p.frontends, p.backends = make(map[Bind]string), make(map[string]header), make(map[string]header)
	p.unknownSections(root)
	c := &Config{}
	p.global(p.section(root, "global", inGlobal), &c.Global)
	p.admin(p.section(root, "admin", inAdmin), &c.Admin)
	p.defaults = p.section(root, "defaults", inListen)
	for _, key := range proxies(order) {
		p.proxy(c, key[0], key[1], root)
	}
	p.references(c)
	p.unreachableMaxconn(c)
	if len(c.Frontends) == 0 && len(p.errors) == 0 {
		p.fail(0, "", "there is no section that listens: write [listen.NAME], or [frontend.NAME] and [backend.NAME]")
	}
	return c
}

func (p *parser) unknownSections(root map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(root)) {
		switch {
		case slices.Contains(sections, name):
		case p.full():
			return
		default:
			p.unknownSection(name)
		}
	}
}

func (p *parser) unknownSection(name string) {
	if near := nearest(name, sections); near != "" {
		p.fail(p.lines.first(name), name, "unknown section: did you mean %q?", near)
		return
	}
	p.fail(p.lines.first(name), name, "unknown section: known are %s", strings.Join(sections, ", "))
}

// section is one of the tables at the top that have no name.
func (p *parser) section(root map[string]any, name string, scope scope) *table {
	t := &table{findings: p.findings, lines: p.lines, path: name, scope: scope}
	v, ok := root[name]
	if !ok {
		return t
	}
	values, ok := v.(map[string]any)
	if !ok {
		p.fail(p.lines.of(name), name, "%s where a section is expected: write [%s]", kindOf(v), name)
		return t
	}
	t.values = values
	t.checkKeys(name)
	return t
}

// proxies are the listen, frontend and backend sections in the order in which they are written.
func proxies(order []toml.Key) []toml.Key {
	var all []toml.Key
	seen := make(map[[2]string]bool)
	for _, key := range order {
		if len(key) < 2 || !slices.Contains(sections[3:], key[0]) {
			continue
		}
		if name := [2]string(key[:2]); !seen[name] {
			seen[name] = true
			all = append(all, key[:2])
		}
	}
	return all
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
		p.warn(t.line("chroot"), t.key("chroot"), "without user, workers are still root, who may end processes outside: add user")
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
		target, err := parseLog(s)
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
			p.fail(p.lines.of(key), key, "backend %q has mode %s, this frontend mode %s: both must have the same", f.Backend, c.Backends[at].Mode, f.Mode)
		case known:
		case p.full():
			return
		case nearest(f.Backend, names) != "":
			p.fail(p.lines.of(key), key, "there is no backend %q: did you mean %q?", f.Backend, nearest(f.Backend, names))
		default:
			p.fail(p.lines.of(key), key, "there is no backend %q: write [backend.%s]", f.Backend, f.Backend)
		}
	}
}
