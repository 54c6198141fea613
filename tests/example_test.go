//go:build linux

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// example returns one of the guide's configurations as conf/examples has them, for that many workers. Of each pair the
// first text is replaced by the second: addresses, and times that are too long to wait for. Each must be there.
func example(t *testing.T, name string, workers int, pairs ...string) string {
	t.Helper()
	if strings.HasSuffix(name, ".cfg") {
		pairs = classicPairs(t, pairs)
	}
	return filled(t, name, workers, pairs...)
}

// filled is the same, with pairs in the language of the file.
func filled(t *testing.T, name string, workers int, pairs ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "conf", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%s has no %s", name, pairs[i])
		}
	}
	text = strings.NewReplacer(pairs...).Replace(text)
	if strings.HasSuffix(name, ".cfg") {
		return fmt.Sprintf("global\nnbproc %d\n", workers) + text
	}
	if strings.Contains(text, "[global]\n") {
		return strings.Replace(text, "[global]\n", fmt.Sprintf("[global]\nworkers = %d\n", workers), 1)
	}
	return fmt.Sprintf("[global]\nworkers = %d\n", workers) + text
}

// farm are the pairs for the guide's web farm: LB1 and the servers webA to webD.
func farm(p place) []string {
	return []string{
		`"192.168.1.11:80"`, quoted(p.server(0)), `"192.168.1.12:80"`, quoted(p.server(1)),
		`"192.168.1.13:80"`, quoted(p.server(2)), `"192.168.1.14:80"`, quoted(p.server(3)),
	}
}

// unchecked is the pair that turns health checks off: the test writes the states of servers on the board itself.
var unchecked = []string{"check = true", "check = false"}

// and adds pairs.
func and(pairs []string, more ...string) []string {
	return append(pairs[:len(pairs):len(pairs)], more...)
}

func quoted(s string) string { return `"` + s + `"` }

// inBothLanguages plays with the guide's configurations in TOML, and then as the guide prints them: both at once would be too much for a
// small machine. The ending is that of their files.
func inBothLanguages(t *testing.T, play func(t *testing.T, ending string)) {
	t.Parallel()
	for _, ending := range []string{".toml", ".cfg"} {
		t.Run(ending[1:], func(t *testing.T) { play(t, ending) })
	}
}

// classicWords is what the texts of pairs are in HAProxy's language.
var classicWords = map[string]string{
	`inter = "2s"`:                 "inter 2000",
	`inter = "50ms"`:               "inter 50",
	`connect = "5s"`:               "contimeout 5000",
	`connect = "200ms"`:            "contimeout 200",
	`connect = "5s", check = "5s"`: "contimeout 5000\ntimeout check 5s",
	"check = true":                 " check",
	"check = false":                "",
	"persist = true":               "option persist",
	"persist = false":              "no option persist",
	"redispatch = true":            "redispatch\n",
	"redispatch = true\ntimeout = { check = \"5s\" }":      "redispatch\ntimeout check 5s\n",
	"redispatch = true\ntimeout = { connect = \"200ms\" }": "redispatch\ntimeout connect 200ms\n",
	"check_port = 81":     "port 81",
	"check_port = 8081":   "port 8081",
	"check_port = 80\n":   "port 80 ",
	"check_port = 8000\n": "port 8000 ",
}

// classicPairs are pairs for a configuration in HAProxy's language: words, and addresses without quotes.
func classicPairs(t *testing.T, pairs []string) []string {
	t.Helper()
	var all []string
	for _, text := range pairs {
		word, known := classicWords[text]
		if !known && (len(text) < 2 || text[0] != '"') && !strings.HasPrefix(text, "/") {
			t.Fatalf("%q has no word in HAProxy's language", text)
		}
		if !known {
			word = strings.Trim(text, `"`)
		}
		all = append(all, word)
	}
	return all
}
