package monitor

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/shared/status"
	"lbmaster/worker/monitor/check"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

// TestTranscripts: each section of testdata/states.txtar is an instance. The lines that begin with > are what happens, one
// a second; below each is what is said and how the servers are after it.
func TestTranscripts(t *testing.T) {
	const file = "testdata/states.txtar"
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Files {
		f := &a.Files[i]
		got := transcript(t, string(f.Data))
		if got != string(f.Data) && !*update {
			t.Errorf("%s:\n%s\nwant:\n%s", f.Name, got, f.Data)
		}
		f.Data = []byte(got)
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// play is an instance in a transcript.
type play struct {
	t        *testing.T
	instance *instance
	m        *monitor
	said     *said
	now      int64
}

func transcript(t *testing.T, text string) string {
	t.Helper()
	c := testConfig("127.62.0.1")
	var b strings.Builder
	if first, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "config ") {
		configure(t, c, strings.Fields(first)[1:])
		b.WriteString(first + "\n")
		text = rest
	}
	p := &play{t: t, instance: newInstance(t, c, 1), now: 1_000_000}
	p.m, p.said = buildMonitor(t, p.instance)
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.TrimPrefix(line, "> "))
		if !strings.HasPrefix(line, "> ") {
			continue
		}
		p.now += 1000
		p.do(words)
		b.WriteString(line)
		b.WriteString(p.said.take())
		b.WriteString(p.servers(words))
	}
	return b.String()
}

// configure changes the configuration of a transcript.
func configure(t *testing.T, c *conf.Config, words []string) {
	t.Helper()
	for _, word := range words {
		switch word {
		case "log_health_checks":
			c.Backends[0].LogChecks = true
		case "track": // pool/free is what web/a is, and copy what they are
			c.Backends[1].Servers[1].Track = "web/a"
			copied := conf.Backend{Name: "copy", Section: "backend.copy", Mode: conf.ModeHTTP, Balance: "roundrobin"}
			for name, track := range map[string]string{"free": "pool/free", "a": "web/a"} {
				copied.Servers = append(copied.Servers, conf.Server{Name: name, Weight: 1, Track: track, Backup: name == "a"})
			}
			slices.SortFunc(copied.Servers, func(a, b conf.Server) int { return strings.Compare(a.Name, b.Name) })
			c.Backends = append(c.Backends, copied)
		default:
			t.Fatalf("%q means nothing", word)
		}
	}
}

// outcomes of checks by what transcripts call them.
var outcomes = map[string]check.Outcome{
	"ok":      {Result: check.Passed, Code: 200, Took: 1},
	"tcp":     {Result: check.Connected},
	"refused": {Result: check.ConnectFailed, Info: "Connection refused"},
	"404":     {Result: check.WrongStatus, Code: 404, Info: "Not Found", Took: 2},
	"slow":    {Result: check.ReplyTimeout, Took: 1000},
}

func (p *play) do(words []string) {
	p.t.Helper()
	switch words[0] {
	case "check":
		for _, w := range words[2:] {
			p.m.judge(p.m.target(p.t, words[1]), outcomes[w], p.now)
		}
	case "ready", "drain", "maint":
		to := map[string]status.Admin{"ready": status.Ready, "drain": status.Drain, "maint": status.Maint}[words[0]]
		p.m.setAdmin(p.m.target(p.t, words[1]), to, p.now)
	case "up", "stopping", "down":
		to := map[string]status.Op{"up": status.Up, "stopping": status.Stopping, "down": status.Down}[words[0]]
		p.m.setHealth(p.m.target(p.t, words[1]), to, p.now)
	case "weight":
		n, err := strconv.Atoi(words[2])
		if err != nil {
			p.t.Fatal(err)
		}
		p.m.setWeight(p.m.target(p.t, words[1]), n, p.now)
	case "show": // all of them, and nothing happens
	case "killed":
		p.m, p.said = buildMonitor(p.t, p.instance)
	default:
		p.t.Fatalf("%q means nothing", words)
	}
}

// servers shows the servers that a line is about, all of them if it names none, and the backends.
func (p *play) servers(words []string) string {
	var b strings.Builder
	for _, back := range p.m.backends {
		for _, t := range back.targets {
			if name := back.name + "/" + t.conf.Name; len(words) == 1 || words[1] == name {
				s := p.m.board.Load(t.slot)
				text := t.limits.Text(t.count)
				if s.Op == status.Stopping {
					text = "stopping " + text
				}
				if t.tracks != nil {
					text = statusText(t, s)
				}
				fmt.Fprintf(&b, "  %s: %s, admin %d, weight %d, last %s; failed checks %d, downs %d, down for %d ms\n", name, text,
					s.Admin, s.Weight, t.last.Result, t.counters[counter.CheckFailures].Load(), t.counters[counter.Downs].Load(), t.counters[counter.DownTime].Load())
				if up := t.limits.Up(t.count); t.tracks == nil && up != (s.Op != status.Down) && s.Admin != status.Maint {
					p.t.Errorf("%s: count %d, state %+v", name, t.count, s)
				}
			}
		}
		if len(words) == 1 || strings.HasPrefix(words[1], back.name+"/") {
			fmt.Fprintf(&b, "  %s: up %v, downs %d, down for %d ms\n", back.name, back.up, back.counters[counter.Downs].Load(), back.counters[counter.DownTime].Load())
		}
	}
	return b.String()
}
