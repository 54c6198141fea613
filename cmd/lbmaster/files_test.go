//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClassicFlags: files in HAProxy's language, and what HAProxy's users and scripts pass.
func TestClassicFlags(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"global.cfg": "global\n  pidfile run/pid\n", "d/2.cfg": "  server a 127.0.0.1:81\n", "d/1.cfg": "listen a\n  bind \"${AT-127.0.0.1:0}\"\n", "d/.hidden.cfg": "x\n", "d/other.txt": "x\n",
		"good.toml": goodText, "empty/x": "", "wrong.cfg": "listen a\n  bind :80\n  sever a 1.2.3.4:80\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const valid = "Configuration file is valid: "
	for _, tt := range []struct {
		args   string
		status int
		says   string
	}{
		{"-t -C DIR -f global.cfg -f d", 0, valid + "global.cfg, d"},
		{"-t -C DIR -W -Ws -db -x /run/s -L me -V -n 5 -- global.cfg d", 0, valid},
		{"-t -f DIR/global.cfg -f DIR/d", 0, valid},
		{"-t -f DIR/d/2.cfg", 1, "DIR/d/2.cfg:1: server: it stands before the first section"},
		{"-t -f DIR/wrong.cfg", 1, `DIR/wrong.cfg:3: sever: unknown keyword: did you mean "server"?`},
		{"-t -f DIR/empty", 1, "DIR/empty is a directory without files whose names end with .cfg"},
		{"-t -f DIR/none.cfg", 1, "cannot read the configuration: open DIR/none.cfg: no such file or directory"},
		{"-t -f DIR/good.toml", 1, "DIR/good.toml: this is not HAProxy's language but TOML, lbmaster's own: use -c instead of -f"},
		{"-t -c DIR/wrong.cfg", 1, "DIR/wrong.cfg: this is not TOML but HAProxy's language: use -f instead of -c"},
		{"-c DIR/good.toml -f DIR/global.cfg", 1, "-c and -f: choose one; -c FILE is a configuration in TOML, -f FILE one in HAProxy's language"},
		{"-c -f DIR/global.cfg", 1, "-c is followed by a file in TOML: to check one in HAProxy's language, use -t -f FILE"},
		{"-f DIR/global.cfg -S /run/m", 1, "the master has no socket"},
		{"-toml -c DIR/good.toml", 1, "-toml prints what -f FILE says"},
		{"-toml -C DIR -f global.cfg -f d", 0, "[[listen.a.server]]\nname = \"a\"\naddress = \"127.0.0.1:81\"\n"},
	} {
		var out bytes.Buffer
		args := strings.Fields(strings.ReplaceAll(tt.args, "DIR", dir))
		status := run(env{args: args, environ: []string{"AT=127.0.0.1:8080"}, stdout: &out, stderr: &out, read: system().read})
		if want := strings.ReplaceAll(tt.says, "DIR", dir); status != tt.status || !strings.Contains(out.String(), want) {
			t.Errorf("lbmaster %s: status %d, want %d, and\n%s\nbut it says\n%s", tt.args, status, tt.status, want, out.String())
		}
	}
}

// TestDirectoryOfPidfile: with -C, pidfiles with a relative path are there too, and the process stays where it is.
func TestDirectoryOfPidfile(t *testing.T) {
	o := &options{directory: "/etc/lb"}
	for path, want := range map[string]string{"": "", "pid": "/etc/lb/pid", "/run/pid": "/run/pid"} {
		if got := o.in(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
