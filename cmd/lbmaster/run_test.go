//go:build linux

package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodText = `[listen.web]
bind = "127.0.0.1:1"
mode = "http"
[[listen.web.server]]
name = "a"
address = "127.0.0.1:2"
`

// TestRun is everything that the command does without becoming an instance.
func TestRun(t *testing.T) {
	files := map[string]string{
		"good.toml":   goodText,
		"warn.toml":   goodText + "[global]\nchroot = \"/\"\n",
		"absent.toml": strings.Replace(goodText, "127.0.0.1:2", "name.invalid:2", 1) + "[global]\nuser = \"nobody-of-that-name\"\ngroup = \"no-such-group\"\nchroot = \"/no/such/directory\"\n",
		"bad.toml":    "[global]\nworkers = -1\nmaxcon = 3\n",
	}
	for _, tt := range []struct {
		args           string
		status         int
		stdout, stderr string // parts that must be there; "": nothing at all
	}{
		{"-t -c good.toml", 0, "Configuration file is valid: good.toml\n", ""},
		{"-t -q -c good.toml", 0, "", ""},
		{"-t -q -c bad.toml", 1, "", "bad.toml:3: "},
		{"-t -c warn.toml", 0, "valid", "warning: warn.toml:8: global.chroot: without user"},
		{"-t -c absent.toml", 1, "", `global.user: there is no user "nobody-of-that-name": create it`},
		{"-t -c absent.toml", 1, "", `global.group: there is no group "no-such-group"`},
		{"-t -c absent.toml", 1, "", `global.chroot: there is no directory /no/such/directory`},
		{"-t -q -c absent.toml", 1, "", `cannot resolve name.invalid for server a of listen.web`},
		{"-t -c bad.toml", 1, "", `bad.toml:3: global.maxcon: unknown key: did you mean "maxconn"?`},
		{"-c bad.toml", 1, "", "bad.toml:2: global.workers: -1 is out of range"},
		{"-t -c none.toml", 1, "", "cannot read the configuration: open none.toml: file does not exist"},
		{"-t -c \x1b[31m", 1, "", "configuration: open \\x1b[31m: file does not exist"},
		{"", 1, "", "no configuration: use -c FILE"},
		{"-y", 1, "", "flag provided but not defined: -y"},
		{"-c good.toml more", 1, "", `unexpected argument "more"`},
		{"-n -3 -c good.toml", 1, "", "-n -3"},
		{"-h", 0, "", "-c FILE"},
		{"-v", 0, "lbmaster ", ""},
	} {
		var stdout, stderr bytes.Buffer
		status := run(env{args: strings.Fields(tt.args), stdout: &stdout, stderr: &stderr, read: func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("file does not exist")}
		}})
		if status != tt.status || !shows(stdout.String(), tt.stdout) || !shows(stderr.String(), tt.stderr) {
			t.Errorf("lbmaster %s: status %d, want %d\nstdout: %s\nstderr: %s", tt.args, status, tt.status, stdout.String(), stderr.String())
		}
	}
}

func shows(got, want string) bool {
	if want == "" {
		return got == ""
	}
	return strings.Contains(got, want)
}

// TestRunOtherFiles: a configuration, or a page, that is no regular file is refused by its name.
func TestRunOtherFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "conf.toml")
	if err := os.WriteFile(file, []byte(goodText+"[listen.web.errorfile]\n503 = \"/dev/zero\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"/dev/zero": `cannot read the configuration: "/dev/zero" is a device: name a regular file`,
		file:        file + `:8: listen.web.errorfile: the page of 503: "/dev/zero" is a device: name a regular file`,
	} {
		var stdout, stderr bytes.Buffer
		status := run(env{args: []string{"-t", "-c", name}, stdout: &stdout, stderr: &stderr, read: system().read})
		if status != exitFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: status %d, %s; want %s", name, status, stderr.String(), want)
		}
	}
}
