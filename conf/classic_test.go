package conf

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestClassicTranscripts reads testdata/classic/*.txtar: each file that ends with .cfg is followed by what reading it says, and by what it
// is in TOML.
func TestClassicTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/classic/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := &txtar.Archive{Comment: archive.Comment}
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".cfg") {
				got.Files = append(got.Files, f)
				got.Files = append(got.Files, classicOutcome(f)...)
			}
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(txtar.Format(got), txtar.Format(archive)) {
			t.Errorf("%s:\n%s\nwant:\n%s", file, txtar.Format(got), txtar.Format(archive))
		}
	}
}

func classicOutcome(f txtar.File) []txtar.File {
	toml, warnings, err := Translate([]File{{Name: f.Name, Text: string(f.Data)}}, nothingSet)
	var all []txtar.File
	if err != nil {
		all = append(all, txtar.File{Name: "errors", Data: []byte(err.Error() + "\n")})
	}
	var lines strings.Builder
	for _, w := range warnings {
		lines.WriteString(w.String() + "\n")
	}
	if lines.Len() > 0 {
		all = append(all, txtar.File{Name: "warnings", Data: []byte(lines.String())})
	}
	if err == nil {
		all = append(all, txtar.File{Name: "toml", Data: toml})
	}
	return all
}

// TestRandomTranslations: configurations that a generator writes are the same in TOML.
func TestRandomTranslations(t *testing.T) {
	for seed := range uint64(300) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 17))}
		translated(t, g.text())
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// generator writes correct configurations in HAProxy's language.
type generator struct {
	*rand.Rand
	b    strings.Builder
	port int
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.b, format+"\n", args...) }

// maybe writes one of the lines, or none.
func (g *generator) maybe(lines ...string) {
	if n := g.IntN(2 * len(lines)); n < len(lines) {
		g.line("  %s", lines[n])
	}
}

func (g *generator) text() string {
	g.port = 1000
	g.line("global")
	g.maybe("nbproc 2", "nbthread 4")
	g.maybe("maxconn 5000", "daemon", "quiet")
	g.maybe("log 127.0.0.1 local0", "log /dev/log local1 notice", "log stdout format raw daemon")
	g.maybe("log-tag edge", "log-send-hostname", "log-send-hostname lb1")
	g.maybe("stats socket /run/a.sock mode 600 level admin", "stats socket /run/b.sock mode 660 group haproxy", "hard-stop-after 1m", "uid 99")
	for n := range g.IntN(3) {
		g.line("defaults d%d", n)
		g.line("  mode http")
		g.shared()
	}
	for n := range 1 + g.IntN(3) {
		g.line("listen l%d", n)
		g.line("  mode %s", []string{"http", "tcp"}[g.IntN(2)])
		g.bind()
		g.shared()
		g.servers()
	}
	if g.IntN(2) == 0 {
		g.line("frontend f\n  mode http")
		g.bind()
		g.maybe("option dontlognull", "grace 20000", "maxconn 100")
		g.maybe("capture cookie SID= len 32", "capture request header Host len 64\n  capture request header X-Y len 20", "monitor-net 10.0.0.0/255.0.0.0")
		g.line("  default_backend b\nbackend b\n  mode http")
		g.servers()
	}
	return g.b.String()
}

func (g *generator) bind() {
	g.port += 3
	g.maybe(fmt.Sprintf("bind :%d,127.0.0.1:%d name x", g.port, g.port+1), fmt.Sprintf("bind [::]:%d", g.port), fmt.Sprintf("bind :::%d v6only defer-accept", g.port))
	g.line("  bind unix@/run/%d", g.port)
}

func (g *generator) shared() {
	g.maybe("timeout client 5s\n  timeout server 1d", "contimeout 1500", "timeout http-request 700us")
	g.maybe("option httplog", "option tcplog", "no option httplog")
	g.maybe("log global", "no log", "log 10.0.0.1:1514 local3 info")
	g.maybe("option forwardfor", "no option forwardfor", "option forwardfor except 10.0.0.0/8 header X-C if-none", "option forwardfor if-none", "option httpclose", "option http-server-close")
	g.maybe("cookie SID insert indirect nocache", "cookie JSESSIONID prefix", "cookie X")
	g.maybe("option httpchk", "option httpchk HEAD /a\\ b HTTP/1.1"[:23], "http-check send meth GET uri /up ver HTTP/1.1")
	g.maybe("redispatch", "option redispatch", "no option redispatch", "retries 1")
	g.maybe("errorfile 503 /etc/503", "errorfile 502 \"/etc/5 02#\"")
	g.maybe("default-server inter 3s rise 1", "default-server rise 3 fall 5")
	g.maybe("option tcpka", "option clitcpka\n  no option tcpka", "option srvtcpka", "option logasap\n  log-tag web", "option nolinger", "option abortonclose", "timeout client-fin 1s\n  timeout server-fin 2s")
	g.maybe("balance roundrobin", "source 10.0.0.9", "option persist")
}

func (g *generator) servers() {
	g.line("  server tracked 10.0.0.7:80 check")
	for n := range 1 + g.IntN(4) {
		g.line("  server s%d %s %s", n, []string{"10.0.0.1:80", "host.example:8080", "unix@/run/s", "[::1]:81", "::1:82"}[g.IntN(5)],
			[]string{"", "check", "check port 81 inter 500 fastinter 100 downinter 2s backup on-marked-down shutdown-sessions", "weight 0 cookie s", "track tracked disabled"}[g.IntN(5)])
	}
}

// TestClassicTakesLittleTime: a text of 1 MB is read within a second, correct or not.
func TestClassicTakesLittleTime(t *testing.T) {
	for name, line := range map[string]string{
		"servers": "server s%d 10.0.0.1:80 cookie c%[1]d check\n", "unknown": "servre s%d\n", "sections": "listen l%d\nbind unix@/%[1]d\nserver a 1.2.3.4:80\n",
		"ignored": "backlog %d\n", "quotes": "\"%d\n", "headers": "defaults x%d\n", "binds": "bind unix@/r/%d\n", "logs": "log 127.0.0.1:%d local0\n",
	} {
		var b strings.Builder
		b.WriteString("listen a\nbind :80\n")
		for n := 0; b.Len() < classicSize; n++ {
			fmt.Fprintf(&b, line, n)
		}
		began := time.Now()
		_, _, _ = ParseClassic([]File{{Name: "f", Text: b.String()}}, nothingSet)
		if took := time.Since(began); took > 5*time.Second { // a second on a machine that does nothing else
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

// FuzzClassic: no text makes the reader or the checks panic; each error has a line; what is accepted is the same in TOML.
func FuzzClassic(f *testing.F) {
	files, _ := filepath.Glob("examples/*.cfg")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("global\npidfile \xff\nlisten :1\ndispatch 0A00000:1\n") // no UTF-8
	for seed := range uint64(5) {
		f.Add((&generator{Rand: rand.New(rand.NewPCG(seed, 18))}).text())
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _, err := ParseClassic([]File{{Name: "f", Text: text}}, nothingSet)
		if err == nil {
			translated(t, text)
			return
		}
		for _, e := range err.(Errors) {
			if e.Text == "" || e.Line == 0 && !strings.HasPrefix(e.Text, "this is not HAProxy's") && !strings.HasPrefix(e.Text, "there are more") && !strings.HasPrefix(e.Text, "there is no section") {
				t.Fatalf("%v has no line", e)
			}
		}
	})
}
