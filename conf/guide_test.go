package conf

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// printed are the configurations that the guide prints, in their order, by the names of the examples. The guide prints one for two machines
// in two places: the comment behind an address has that of the second one.
var printed = [][]string{
	{"1"},
	{"2"},
	{"2.1"},
	{"2.2"},
	{"3"},
	{"4.1"},
	{"4.2"},
	{"4.2.1"},
	{"5-op1"},
	{"5-op2"},
	{"5-op3"},
	{"5-sd1"},
	{"5-sd2"},
	{"5-s1l1", "5-s1l2"},
	{"5-s2l1", "5-s2l2"},
	{"6"},
}

// opening is the first words of the lines that configurations in the guide have.
var opening = regexp.MustCompile(`^(global|listen|bind|mode|balance|cookie|option|server|monitor-net|redispatch|contimeout|clitimeout|srvtimeout|daemon|quiet|pidfile|dispatch|grace)( |$)`)

// extract cuts the configurations out of the guide's text.
func extract(guide string) []string {
	var all []string
	var block []string
	end := func() {
		if block != nil {
			all = append(all, strings.TrimSpace(strings.Join(block, "\n"))+"\n")
		}
		block = nil
	}
	lines := strings.Split(guide, "\n")
	for i, line := range lines {
		begins := strings.HasPrefix(line, "listen ") || line == "global"
		switch {
		case opening.MatchString(line) && (block != nil || begins):
			block = append(block, line)
		case line == "" && block != nil && i+1 < len(lines) && opening.MatchString(lines[i+1]):
			block = append(block, line)
		default:
			end()
		}
	}
	end()
	return all
}

// second is the configuration of the other machine: the addresses of the comments instead of those before them.
var second = regexp.MustCompile(`(?m)^(\w+ )\S+( # )(\S+)( for S\dL2)$`)

// TestGuide: the examples in HAProxy's language are those of the guide, word for word. GUIDE names the guide, which is not in this
// repository; -update writes the examples.
func TestGuide(t *testing.T) {
	name := os.Getenv("GUIDE")
	if name == "" {
		return
	}
	guide, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	blocks := extract(string(guide))
	if len(blocks) != len(printed) {
		t.Fatalf("%d configurations in the guide, want %d: %q", len(blocks), len(printed), blocks)
	}
	for i, names := range printed {
		for n, name := range names {
			text := blocks[i]
			if n == 1 {
				text = second.ReplaceAllString(text, "${1}${3}${2}${3}${4}")
			}
			file := "examples/section-" + name + ".cfg"
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != text {
				t.Errorf("%s is\n%s\n%v, the guide has\n%s", file, got, err, text)
			}
		}
	}
}

// TestPairs: each example in HAProxy's language is the same configuration as the one in TOML beside it, but for lines, and the names of
// sections to which the guide gives none.
func TestPairs(t *testing.T) {
	files, err := filepath.Glob("examples/*.cfg")
	if err != nil || len(files) != 18 {
		t.Fatalf("%d examples, want 18 (%v)", len(files), err)
	}
	for _, file := range files {
		classic, toml := parsedFile(t, file), parsedFile(t, strings.TrimSuffix(file, ".cfg")+".toml")
		nameless(t, classic, toml)
		if !reflect.DeepEqual(bareLines(classic), bareLines(toml)) {
			t.Errorf("%s is\n%s\nits pair\n%s", file, classic.Snapshot(), toml.Snapshot())
		}
	}
}

// parsedFile reads a file in the language of its name.
func parsedFile(t *testing.T, file string) *Config {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c *Config
	var warnings []Warning
	if strings.HasSuffix(file, ".cfg") {
		c, warnings, err = ParseClassic([]File{{Name: file, Text: string(text)}}, nothingSet)
	} else {
		c, warnings, err = Parse(file, text)
	}
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	return c
}

func nothingSet(string) (string, bool) { return "", false }

// nameless gives sections that have an address for a name the name that they have in TOML.
func nameless(t *testing.T, classic, toml *Config) {
	t.Helper()
	for i := range classic.Frontends {
		f, name := &classic.Frontends[i], toml.Frontends[i].Name
		if !strings.Contains(f.Name, ":") {
			continue
		}
		if at := f.Binds[0]; f.Name != at.Addr.String()+":"+strings.TrimPrefix(f.Name, at.Addr.String()+":") {
			t.Errorf("%s listens at %v", f.Name, at)
		}
		b := slices.IndexFunc(classic.Backends, func(b Backend) bool { return b.Name == f.Name })
		f.Name, f.Section, f.Backend = name, "listen."+name, name
		classic.Backends[b].Name, classic.Backends[b].Section = name, "listen."+name
	}
}

// bareLines is a configuration without lines.
func bareLines(c *Config) *Config {
	for i := range c.Frontends {
		f := &c.Frontends[i]
		f.Line = 0
		for b := range f.Binds {
			f.Binds[b].Line = 0
		}
		bareErrorfiles(f.Errorfile)
	}
	for i := range c.Backends {
		b := &c.Backends[i]
		b.Line = 0
		for s := range b.Servers {
			b.Servers[s].Line = 0
		}
		bareErrorfiles(b.Errorfile)
	}
	return c
}

func bareErrorfiles(files map[int]Errorfile) {
	for status, file := range files {
		file.File, file.Line = "", 0
		files[status] = file
	}
}

// TestTranslationsOfExamples: what is printed in TOML is the same configuration.
func TestTranslationsOfExamples(t *testing.T) {
	files, _ := filepath.Glob("examples/*.cfg")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		translated(t, string(text))
	}
}

// translated asserts that a text, which is correct, means the same in TOML.
func translated(t *testing.T, text string) {
	t.Helper()
	files := []File{{Name: "a.cfg", Text: text}}
	c, _, err := ParseClassic(files, nothingSet)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	toml, _, err := Translate(files, nothingSet)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Parse("a.toml", toml)
	if err != nil {
		t.Fatalf("%s\nbecame\n%s\n%v", text, toml, err)
	}
	if !reflect.DeepEqual(bareLines(c), bareLines(again)) {
		t.Errorf("%s\nis\n%s\nbut became\n%s\nwhich is\n%s", text, c.Snapshot(), toml, again.Snapshot())
	}
}
