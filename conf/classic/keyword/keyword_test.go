package keyword

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is there as what is wanted")

// placesOf are the lists by the words of testdata/keywords.txt, with their titles.
func placesOf(l *Lists) []struct {
	place, title string
	list         *List
} {
	return []struct {
		place, title string
		list         *List
	}{
		{"section", "Sections and lines outside of them", l.Sections},
		{"global", "global", l.Global},
		{"proxy", "defaults, listen, frontend and backend", l.Proxies},
		{"bind", "Behind the address of bind", l.Binds},
		{"server", "Behind the address of server and default-server", l.Servers},
	}
}

// TestEveryKeywordHasADecision.
func TestEveryKeywordHasADecision(t *testing.T) {
	text, err := os.ReadFile("testdata/keywords.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := placesOf(New())
	n := 0
	for line := range strings.Lines(string(text)) {
		place, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || place == "#" {
			continue
		}
		n++
		for _, p := range all {
			if p.place != place {
				continue
			}
			words := strings.Fields(name)
			if k, _, _ := p.list.Find(words); k == nil {
				t.Errorf("%s %s: no decision", place, name)
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d keywords", n)
	}
}

// TestEveryKeywordOf34HasADecision: the same for what HAProxy 3.4.0 itself says that it knows, with how many words belong to each option of
// binds and servers: one more or less would make an option of an argument, or an argument of an option.
func TestEveryKeywordOf34HasADecision(t *testing.T) {
	text, err := os.ReadFile("testdata/keywords-3.4.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := placesOf(New())
	n := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		n++
		for _, p := range all {
			if p.place != words[0] {
				continue
			}
			name, args := words[1:], ""
			if p.place == "bind" || p.place == "server" {
				name, args = words[1:2], words[2]
			}
			k, _, _ := p.list.Find(name)
			if k == nil && p.list.hasMore(name[0]) {
				continue // of its forms each has a decision
			}
			if k == nil || args != "" && strconv.Itoa(k.Args) != args {
				t.Errorf("%s: %+v", strings.TrimSpace(line), k)
			}
		}
	}
	if n < 400 {
		t.Errorf("only %d keywords", n)
	}
}

// hasMore says that a word has decisions only with others behind it.
func (l *List) hasMore(word string) bool {
	return slices.ContainsFunc(l.Names, func(name string) bool { return strings.HasPrefix(name, word+" ") })
}

// TestKeywordsAreOnce: no keyword has two rows, and each row says what its verdict needs.
func TestKeywordsAreOnce(t *testing.T) {
	for _, p := range placesOf(New()) {
		for i, name := range p.list.Names {
			if i > 0 && p.list.Names[i-1] == name {
				t.Errorf("%s %s has two rows", p.place, name)
			}
			k := p.list.Rows[name]
			if k.Text == "" || (k.Verdict == Refused) != (k.Safe != "") {
				t.Errorf("%s %s: %+v", p.place, name, k)
			}
		}
	}
}

// TestDocument: docs/haproxy-keywords.md is made from the table.
func TestDocument(t *testing.T) {
	const file = "../../../docs/haproxy-keywords.md"
	got := document()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): go test ./conf/classic/keyword -run TestDocument -update", file, err)
	}
}

// document is the text for people.
func document() []byte {
	var b bytes.Buffer
	b.WriteString(`# HAProxy's keywords, and what becomes of each

<!-- made from conf/classic/keyword by "go test ./conf/classic/keyword -run TestDocument -update" -->

` + "`lbmaster -f FILE`" + ` reads HAProxy's language. Each keyword of HAProxy 1.1, 1.2 and 1.4 to 3.x is

- **read**: it becomes what stands behind it, a key of docs/configuration.md;
- **the default here**: it is so with or without the line, which may undo what stands in the defaults;
- **ignored**: it changes nothing here. One warning names all of them;
- **refused**: an error, which says what is missing and whether leaving the line out is safe.

Nothing that changes behaviour is left out silently. A name with * stands for all that begin so. What is refused may have "no" before it.
`)
	for _, p := range placesOf(New()) {
		fmt.Fprintf(&b, "\n## %s\n\n| keyword | decision | what it becomes, why, or what is missing | where |\n|---|---|---|---|\n", p.title)
		for _, name := range p.list.Names {
			k := p.list.Rows[name]
			text := k.Text
			if k.Safe != "" {
				text += ". " + k.Safe
			}
			where := ""
			if k.In != 0 {
				where = k.In.String()
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, k.Verdict, text, where)
		}
	}
	return b.Bytes()
}
