package conf

import (
	"fmt"
	"strings"
	"testing"

	"lbmaster/tools/growth"
)

// parsesWithoutSquare asserts that a text of n things, that many lines which line writes, is not read in the square of n.
func parsesWithoutSquare(t *testing.T, n int, head, line string, wrong bool) {
	t.Helper()
	growth.NotSquare(t, n, func(n int) func() {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		text := []byte(b.String())
		return func() {
			if _, _, err := Parse("lb.toml", text); (err != nil) != wrong {
				t.Error(err)
			}
		}
	})
}

const (
	farm   = "[listen.farm]\nbind = \":80\"\n"
	server = "[[listen.farm.server]]\nname = \"s%[1]d\"\naddress = \"127.0.0.1:80\"\n"
)

func TestServersAreNoSquare(t *testing.T) { parsesWithoutSquare(t, 4000, farm, server, false) }

// TestFindingsAreNoSquare: each server is wrong.
func TestFindingsAreNoSquare(t *testing.T) {
	parsesWithoutSquare(t, 4000, farm, server+"weight = -1\n", true)
}

func TestSectionsAreNoSquare(t *testing.T) {
	parsesWithoutSquare(t, 2000, "", "[frontend.f%[1]d]\nbind = \"unix:/f%[1]d\"\ndefault_backend = \"b%[1]d\"\n"+
		"[[backend.b%[1]d.server]]\nname = \"s\"\naddress = \"127.0.0.1:80\"\n", false)
}

// TestLogTargetsAreNoSquare: each frontend has a target of its own.
func TestLogTargetsAreNoSquare(t *testing.T) {
	growth.NotSquare(t, 4000, func(n int) func() {
		c := &Config{}
		for i := range n {
			c.Frontends = append(c.Frontends, Frontend{Log: []LogTarget{{Target: "unix", Address: fmt.Sprintf("/dev/log%d", i), Facility: "local0"}}})
		}
		return func() {
			if got := len(c.LogTargets()); got != n {
				t.Errorf("%d targets, want %d", got, n)
			}
		}
	})
}
