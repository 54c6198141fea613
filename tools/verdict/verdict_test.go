package main

import (
	"fmt"
	"strings"
	"testing"
)

// stream writes events: "action package test output".
func stream(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		f := append(strings.SplitN(l, " ", 4), "", "", "")
		fmt.Fprintf(&b, "{\"Action\":%q,\"Package\":%q,\"Test\":%q,\"Output\":%q}\n", f[0], f[1], f[2], f[3])
	}
	return b.String()
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		name   string
		in     string
		strict bool
		exit   int
		last   string
		says   string
	}{
		{"all well", stream("run p A", "pass p A", "run p B", "pass p B", "pass p"), false, 0, "2 passed, 0 failed", ""},
		{
			"only leaves count", stream("run p A", "run p A/x", "run p A/x/y", "pass p A/x/y", "pass p A/x", "pass p A", "pass p"),
			false, 0, "1 passed, 0 failed", "",
		},
		{"a failure is shown", stream("run p A", "output p A because", "fail p A", "fail p"), false, 1, "0 passed, 1 failed", "because"},
		{
			"the leaf is the failure", stream("run p A", "run p A/x", "fail p A/x", "run p A/y", "pass p A/y", "fail p A", "fail p"),
			false, 1, "1 passed, 1 failed", "p A/x",
		},
		{
			"a parent may fail by itself", stream("run p A", "run p A/x", "pass p A/x", "output p A own", "fail p A", "fail p"),
			false, 1, "1 passed, 1 failed", "own",
		},
		{
			"a skip is named", stream("run p A", "pass p A", "run p B", "output p B no-nginx", "skip p B", "pass p"),
			false, 0, "1 passed, 0 failed, 1 skipped", "no-nginx",
		},
		{"a skip may be a failure", stream("run p A", "pass p A", "run p B", "skip p B", "pass p"), true, 1, "1 passed, 1 failed", ""},
		{"a package without tests is no skip", stream("run p A", "pass p A", "pass p", "skip q"), true, 0, "1 passed, 0 failed", ""},
		{
			"a package that does not build", `{"ImportPath":"q","Action":"build-output","Output":"syntax error\n"}` + "\n" +
				`{"ImportPath":"q","Action":"build-fail"}` + "\n" + stream("run p A", "pass p A", "pass p", "fail q"),
			false, 1, "1 passed, 1 failed", "syntax error",
		},
		{
			"a panic shows although its test never ended", stream("run p A", "output p A panic:boom", "fail p"), false, 1,
			"0 passed, 1 failed", "panic:boom",
		},
		{"nothing ran", "", false, 1, "0 passed, 0 failed", ""},
		{"other lines pass through", "go: cannot find module\n", false, 1, "0 passed, 0 failed", "cannot find module"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			var args []string
			if tt.strict {
				args = []string{"-strict"}
			}
			exit := run(args, strings.NewReader(tt.in), &out, &out)
			lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
			if last := lines[len(lines)-1]; exit != tt.exit || last != tt.last {
				t.Errorf("exit %d, last line %q, want %d, %q", exit, last, tt.exit, tt.last)
			}
			if !strings.Contains(out.String(), tt.says) {
				t.Errorf("nothing about %q in:\n%s", tt.says, out.String())
			}
		})
	}
}

func TestUsage(t *testing.T) {
	var out strings.Builder
	if exit := run([]string{"surplus"}, strings.NewReader(""), &out, &out); exit != 2 || !strings.Contains(out.String(), "usage") {
		t.Errorf("exit %d, %q", exit, out.String())
	}
}
