//go:build linux

package tests

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed is what go list tells about a package.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

const module = "lbmaster"

// ours returns the packages of the module, by their path inside it.
func ours(t *testing.T) map[string]listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]listed)
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(p.ImportPath, module+"/")] = p
	}
}

// inside returns those of the imports that are ours, by their path inside the module.
func inside(imports []string) []string {
	var out []string
	for _, i := range imports {
		if rest, ok := strings.CutPrefix(i, module+"/"); ok {
			out = append(out, rest)
		}
	}
	return out
}

// matches tells whether a path is one of the patterns; "shared/*" is every package below shared.
func matches(p string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, p)
		return ok
	})
}

// arrows lists, for each group of packages, what of ours it may import. A package of the product that is in no group
// is an error, so that a new one is thought about.
var arrows = []struct{ from, to []string }{
	{[]string{"cmd/lbmaster"}, []string{"conf", "master", "worker", "worker/monitor", "shared/*"}},
	{[]string{"cmd/lbctl"}, []string{"shared/*"}},
	{[]string{"conf"}, []string{"conf/*"}},
	{[]string{"conf/classic"}, []string{"conf/classic/*", "conf/raw"}},
	{[]string{"conf/classic/*"}, nil},
	{[]string{"conf/toml", "conf/typed"}, []string{"conf/key", "conf/raw"}},
	{[]string{"conf/page"}, []string{"conf/raw", "conf/valid"}},
	{[]string{"conf/address"}, []string{"conf/valid", "shared/severity"}},
	{[]string{"conf/key", "conf/raw", "conf/valid"}, nil},
	{[]string{"master"}, []string{"conf", "master/*", "shared/*"}},
	{[]string{"master/listen"}, []string{"conf", "master/procfs", "shared/*"}},
	{[]string{"master/child", "master/notify", "master/succession"}, []string{"shared/*"}},
	{[]string{"master/identity", "master/notice", "master/procfs"}, []string{"conf", "shared/*"}},
	{[]string{"worker"}, []string{"conf", "shared/*", "worker/*"}},
	{[]string{"worker/proxy"}, []string{"conf", "shared/*", "worker/*", "worker/exchange/*"}},
	{[]string{"worker/exchange/http", "worker/exchange/relay"}, []string{"conf", "shared/counter", "shared/faults", "worker/accesslog", "worker/buffer", "worker/cookie", "worker/exchange", "worker/flow", "worker/http1", "worker/http1/framing", "worker/http1/lex", "worker/logline", "worker/loop", "worker/page", "worker/upstream"}},
	{[]string{"worker/exchange"}, []string{"shared/counter", "shared/faults", "shared/stats", "worker/accesslog", "worker/flow", "worker/logline", "worker/loop", "worker/page", "worker/upstream"}},
	{[]string{"worker/monitor"}, []string{"conf", "shared/*", "worker/channel", "worker/logsink", "worker/monitor/*"}},
	{[]string{"worker/channel"}, []string{"conf", "shared/*"}},
	{[]string{"worker/monitor/admin", "worker/monitor/metrics"}, []string{"shared/counter", "worker/monitor/tally"}},
	{[]string{"worker/monitor/tally"}, []string{"shared/counter"}},
	{[]string{"worker/monitor/check", "worker/monitor/health"}, nil},
	{[]string{"worker/loop"}, []string{"worker/poll", "worker/timer"}},
	{[]string{"worker/flow"}, []string{"worker/buffer", "worker/http1/framing", "worker/loop", "worker/poll", "worker/sock"}},
	{[]string{"worker/accesslog"}, []string{"conf", "shared/severity", "shared/stats", "shared/syslog", "worker/cookie", "worker/http1", "worker/http1/lex", "worker/logline", "worker/logsink", "worker/loop"}},
	{[]string{"worker/logsink"}, []string{"conf", "shared/pump", "worker/sock"}},
	{[]string{"worker/upstream"}, []string{"conf", "shared/counter", "shared/stats", "shared/status", "worker/balance", "worker/buffer", "worker/cookie", "worker/flow", "worker/loop", "worker/page", "worker/poll", "worker/sock", "worker/timer"}},
	{[]string{"worker/page"}, []string{"conf"}},
	{[]string{"worker/poll", "worker/sock", "worker/timer", "worker/buffer", "worker/http1/lex", "worker/cookie", "worker/balance", "worker/logline"}, nil},
	{[]string{"worker/http1/framing"}, []string{"worker/http1/lex"}},
	{[]string{"worker/http1"}, []string{"worker/http1/framing", "worker/http1/lex"}},
	{[]string{"shared/*"}, []string{"shared/*"}},
}

func TestArrows(t *testing.T) {
	t.Parallel()
	for name, p := range ours(t) {
		if matches(name, "tests", "tools", "tools/*", "tools/*/*") {
			continue
		}
		i := slices.IndexFunc(arrows, func(a struct{ from, to []string }) bool { return matches(name, a.from...) })
		if i < 0 {
			t.Errorf("%s has no place in the design: which arrows may it have?", name)
			continue
		}
		for _, to := range inside(p.Imports) {
			if !matches(to, arrows[i].to...) {
				t.Errorf("%s must not import %s", name, to)
			}
		}
	}
}

// only says who may import what is dangerous to have in many places.
var only = []struct {
	imports string
	who     []string
}{
	{"unsafe", []string{"shared/shm", "shared/title", "worker/sock", "worker/poll"}},
	{"github.com/cloudflare/tableflip", []string{"master/succession"}},
	{"os/signal", []string{"shared/signals", "shared/dump", "cmd/lbctl"}}, // a child ignores what only the master reads
	{"os/exec", []string{"master/child", "master/succession", "cmd/lbmaster"}},
	{"net/http", []string{"worker/monitor", "cmd/lbctl"}},
	{"github.com/BurntSushi/toml", []string{"conf/toml"}},
	{"github.com/VictoriaMetrics/metrics", []string{"worker/monitor/metrics"}},
}

func TestImportsThatAreRestricted(t *testing.T) {
	t.Parallel()
	for name, p := range ours(t) {
		if matches(name, "tests", "tools", "tools/*", "tools/*/*") {
			continue
		}
		for _, o := range only {
			if slices.Contains(p.Imports, o.imports) && !matches(name, o.who...) {
				t.Errorf("%s must not import %s: only %s may", name, o.imports, strings.Join(o.who, ", "))
			}
		}
	}
}

// The data plane knows no goroutine-per-connection machinery, not even indirectly.
func TestWorkersDoNotDependOnNetHTTP(t *testing.T) {
	t.Parallel()
	all := ours(t)
	for _, name := range []string{"worker", "worker/proxy"} {
		if slices.Contains(all[name].Deps, "net/http") {
			t.Errorf("%s depends on net/http", name)
		}
	}
}

// The small packages below worker, and conf, know the standard library, x/sys and TOML, nothing else.
func TestSmallPackagesStayFree(t *testing.T) {
	t.Parallel()
	all := ours(t)
	for name, p := range all {
		if !matches(name, "worker/*", "worker/monitor/*", "conf", "conf/*") || matches(name, "worker/proxy", "worker/monitor", "worker/monitor/metrics") {
			continue
		}
		for _, i := range p.Imports {
			foreign := strings.Contains(strings.Split(i, "/")[0], ".")
			if foreign && i != "golang.org/x/sys/unix" && !(name == "conf/toml" && i == "github.com/BurntSushi/toml") {
				t.Errorf("%s must not import %s", name, i)
			}
		}
	}
}

// words are calls that only some packages may make; they are looked for in the sources, tests excluded.
var words = []struct {
	word string
	who  []string
}{
	{"unix.Mmap", []string{"shared/shm"}},
	{"unix.EpollCreate1", []string{"worker/poll"}},
	{"unix.EpollWait", []string{"worker/poll"}},
	{"time.Sleep(", nil},
	{"os.Exit(", []string{"cmd/lbmaster", "cmd/lbctl"}},
	{"func init()", nil},
}

func TestWordsThatAreRestricted(t *testing.T) {
	t.Parallel()
	for name, p := range ours(t) {
		if matches(name, "tests", "tools", "tools/*", "tools/*/*") {
			continue
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				if strings.Contains(string(text), w.word) && !matches(name, w.who...) {
					t.Errorf("%s/%s says %s", name, file, w.word)
				}
			}
			if strings.Contains(string(text), "cloudflare/tableflip") && file != "flip.go" {
				t.Errorf("%s/%s knows tableflip; only master/succession/flip.go may", name, file)
			}
		}
	}
}
