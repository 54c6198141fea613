package title

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain plays the process whose title changes: it prints what the kernel shows afterwards.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "title" {
		Append(strings.Clone(os.Args[2])[:7]) // else it would write over what it reads
		line, err := os.ReadFile("/proc/self/cmdline")
		if err != nil {
			panic(err)
		}
		os.Stdout.Write(line)
		return
	}
	m.Run()
}

func TestAppend(t *testing.T) {
	for suffix, want := range map[string]string{
		" orphan":       "lbmaster: x orphan",
		" a long story": "lbmaster: x a long",
	} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Args = []string{"lbmaster: x", "title", suffix}
		out, err := cmd.Output()
		if err != nil || strings.TrimRight(string(out), "\x00") != want {
			t.Errorf("%q: the kernel shows %q, %v, want %q", suffix, out, err, want)
		}
	}
}

// Replaced arguments lie elsewhere: nothing is written.
func TestArgumentsThatWereReplaced(t *testing.T) {
	before := os.Args
	defer func() { os.Args = before }()
	for _, args := range [][]string{nil, {""}, {"a", "b"}, {before[0], "x"}} {
		os.Args = args
		if arguments() != nil {
			t.Errorf("%q were taken for those of the start", args)
		}
	}
}
