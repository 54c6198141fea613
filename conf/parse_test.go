package conf

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"lbmaster/conf/key"
)

var update = flag.Bool("update", false, "write what is there as what is wanted")

// TestTranscripts reads testdata/*.txtar: each has a file "conf.toml" and what parsing it says. An "errors" file has the
// errors, "warnings" the warnings, and "dump" what became of the text, as far as it differs from no text at all.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				if strings.HasSuffix(f.Name, ".toml") {
					got.Files = append(got.Files, f)
					got.Files = append(got.Files, outcome(f)...)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := txtar.Format(archive); !*update && !bytes.Equal(txtar.Format(got), want) {
				t.Errorf("got:\n%s\nwant:\n%s", txtar.Format(got), want)
			}
		})
	}
}

// outcome is what parsing a file of a transcript says.
func outcome(f txtar.File) []txtar.File {
	c, warnings, err := Parse(f.Name, f.Data)
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
	if c != nil {
		dump, _ := json.MarshalIndent(c, "", " ")
		all = append(all, txtar.File{Name: "dump", Data: append(dump, '\n')})
	}
	return all
}

// TestExamples: every file there is correct, and comes back the same from its snapshot.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("examples/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 19 {
		t.Errorf("%d examples, want the guide's 18 configurations and the reference", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := Parse(file, text)
		if err != nil {
			t.Error(err)
			continue
		}
		roundTrip(t, c)
	}
}

func roundTrip(t *testing.T, c *Config) {
	t.Helper()
	again, err := FromSnapshot(c.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, again) {
		t.Errorf("a snapshot changed\n%+v\nto\n%+v", c, again)
	}
}

// TestReferenceIsComplete: the reference example and the documentation name every key.
func TestReferenceIsComplete(t *testing.T) {
	reference, err := os.ReadFile("examples/reference.toml")
	if err != nil {
		t.Fatal(err)
	}
	documentation, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range key.Names(key.Anywhere) {
		if !bytes.Contains(reference, []byte(name+" = ")) && name != "server" {
			t.Errorf("examples/reference.toml does not show %s", name)
		}
		if !bytes.Contains(documentation, []byte("`"+name+"`")) {
			t.Errorf("docs/configuration.md does not explain %s", name)
		}
	}
}

// FuzzParse: no text makes it panic, and what it accepts survives its snapshot.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("examples/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("[listen.a]\nbind=':80'\nmode=1\ntimeout={client=-1}\n[[listen.a.server]]\nname='''x\n'''\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, _, err := Parse("f", text)
		if (c == nil) != (err != nil) {
			t.Fatalf("configuration %v, error %v", c, err)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error without a text")
		}
		if c != nil {
			roundTrip(t, c)
		}
	})
}
