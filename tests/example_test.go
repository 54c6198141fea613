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
