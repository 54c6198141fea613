//go:build linux

package tests

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what is seen in testdata/flow")

// TestFlows plays the flows that the guide draws. Each file of testdata/flow begins with a configuration, which is
// "example" (the name of one in conf/examples) or "conf.toml", and goes on with what happens, in order:
//
//	client asks     the client sends this; it connects first, if it has no connection
//	SERVER sees     the server must have received exactly this
//	SERVER answers  the server sends this, and ends its connection if this or the request says so
//	client sees     the client must have received exactly this, and the end of the connection if this says so
//	client leaves   the client closes its connection
//	SERVER fails    the server is known to be down from now on
//	SERVER recovers
//
// Lines end with CRLF on the wire. $FRONT, $WEBA to $WEBD and $CLIENT are the addresses. -update rewrites what is seen,
// and by whom.
func TestFlows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/flow/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no flows: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			inBothLanguages(t, func(t *testing.T, ending string) { playFlow(t, file, ending) })
		})
	}
}

func playFlow(t *testing.T, file, ending string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil || len(archive.Files) < 2 {
		t.Fatalf("no flow: %v", err)
	}
	if archive.Files[0].Name != "example" && ending == ".cfg" {
		return // it has a configuration of its own, in TOML
	}
	s, servers := newPuppets(t, 4)
	f := &flow{t: t, ending: ending, place: s.place, servers: servers, method: "GET"}
	f.balancer = launch(t, s.place, f.conf(archive.Files[0]))
	f.balancer.awaitReady()
	for i := range archive.Files[1:] {
		f.step(&archive.Files[i+1])
	}
	if f.visit != nil {
		t.Errorf("%s has not answered", f.visit.server)
	}
	if *update && !t.Failed() && ending == ".toml" {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// flow is one that is being played.
type flow struct {
	t        *testing.T
	ending   string // of the configuration, which is its language
	place    place
	servers  *puppets
	balancer *balancer
	states   *board // nil: not needed yet
	client   *raw   // nil: not connected
	method   string // of the client's last request
	visit    *visit // what a server has seen and not answered yet
}

// conf is the configuration of the flow.
func (f *flow) conf(file txtar.File) string {
	text := string(file.Data)
	if file.Name == "example" {
		name := strings.TrimSpace(text)
		where := map[string]string{"section-2.1.toml": `"0.0.0.0:80"`, "section-3.toml": `"127.0.0.1:8000"`}
		return example(f.t, strings.TrimSuffix(name, ".toml")+f.ending, 1, and(and(farm(f.place), unchecked...), or(where[name], `"192.168.1.1:80"`), quoted(f.place.front()))...)
	}
	if file.Name != "conf.toml" {
		f.t.Fatalf("a flow begins with %q", file.Name)
	}
	return f.expand(text)
}

// step does what one file of the flow says. What is seen is written into the file.
func (f *flow) step(file *txtar.File) {
	f.t.Helper()
	who, what, _ := strings.Cut(file.Name, " ")
	text := f.wire(string(file.Data))
	switch {
	case who == "client" && what == "asks":
		f.ask(text)
	case who == "client" && what == "sees":
		file.Data = f.compare(file, "client", f.read())
	case who == "client" && what == "leaves":
		f.client.Close()
		f.client = nil
	case what == "sees":
		f.visit = f.servers.next()
		file.Data = f.compare(file, f.visit.server, f.visit.request)
		file.Name = f.visit.server + " sees"
	case what == "answers":
		file.Name = f.visit.server + " answers"
		f.visit.answer(text)
		f.visit = nil
	case what == "fails":
		f.board().down(who)
	case what == "recovers":
		f.board().up(who)
	default:
		f.t.Fatalf("a flow cannot have %q", file.Name)
	}
}

func (f *flow) ask(text string) {
	if f.client == nil {
		f.client = dialFrom(f.t, f.place.host(100), f.place.front())
	}
	f.client.send(text)
	f.method, _, _ = strings.Cut(text, " ")
}

// read returns what the client gets.
func (f *flow) read() string {
	f.t.Helper()
	if f.client == nil {
		f.t.Fatal("the client has no connection")
	}
	text, last := f.client.bytes(f.method)
	if last {
		f.client = nil
	}
	return text
}

// compare proves that somebody saw what the file says, and returns what the file should say.
func (f *flow) compare(file *txtar.File, who, seen string) []byte {
	f.t.Helper()
	if name, _, _ := strings.Cut(file.Name, " "); !*update && (name != who || f.wire(string(file.Data)) != seen) {
		f.t.Fatalf("%s sees\n%q\nwhere the flow says that %s\n%q", who, seen, file.Name, f.wire(string(file.Data)))
	}
	text := strings.ReplaceAll(seen, "\r\n", "\n")
	if !strings.HasSuffix(text, "\n") || strings.Count(text, "\n") != strings.Count(seen, "\n") || strings.Contains(text, "\r") {
		f.t.Fatalf("%q has lines that a flow cannot show", seen)
	}
	return []byte(f.collapse(text))
}

func (f *flow) board() *board {
	if f.states == nil {
		f.states = f.balancer.board()
	}
	return f.states
}

// wire is a text as it is sent.
func (f *flow) wire(text string) string { return strings.ReplaceAll(f.expand(text), "\n", "\r\n") }

// expand replaces the names of addresses, and collapse brings them back.
func (f *flow) expand(text string) string {
	return strings.NewReplacer(f.names(false)...).Replace(text)
}

func (f *flow) collapse(text string) string {
	return strings.NewReplacer(f.names(true)...).Replace(text)
}

func (f *flow) names(back bool) []string {
	p := f.place
	pairs := []string{
		"$FRONT", p.front(), "$CLIENT", p.host(100),
		"$WEBA", p.server(0), "$WEBB", p.server(1), "$WEBC", p.server(2), "$WEBD", p.server(3),
	}
	for i := 0; back && i < len(pairs); i += 2 {
		pairs[i], pairs[i+1] = pairs[i+1], pairs[i]
	}
	return pairs
}
