//go:build linux

package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The version is the same wherever it is shown.
func TestVersionIsOne(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.withAdmin(t)
	s.run(t)
	version, _, _ := strings.Cut(versionOf(t, product()), "/")
	for what, c := range map[string]struct{ text, want string }{
		"show version": {tell(t, s.socket, "show version"), version + "\n"},
		"show info":    {tell(t, s.socket, "show info"), "\nVersion: " + version + "\n"},
		"/metrics":     {scrape(t, s.metrics()), `haproxy_process_build_info{version="` + version + `"} 1`},
		"generations":  {tell(t, s.socket, "show generations"), " " + versionOf(t, product()) + "\n"},
	} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("%s does not say %q:\n%s", what, c.want, c.text)
		}
	}
}

// A build tells the tag of its commit, or the commit, and whether files had been changed.
func TestVersionIsTheTag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"--git-dir=" + filepath.Join(dir, ".git"), "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	said := func() string {
		t.Helper()
		program := filepath.Join(t.TempDir(), "lbmaster")
		cmd := exec.Command("go", "build", "-buildvcs=true", "-trimpath", "-o", program, "./cmd/lbmaster")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		version, _, _ := strings.Cut(versionOf(t, program), "/")
		return version
	}
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	git("init", "-q")
	git("--work-tree="+here, "add", "-A") // what is there now, not what was committed last
	git("commit", "-q", "-m", "tagged")
	git("reset", "-q", "--hard")
	git("tag", "v1.8.7")
	if got := said(); got != "1.8.7" {
		t.Errorf("a tagged commit calls itself %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := said(); got != "1.8.7+dirty" {
		t.Errorf("with a file changed, it calls itself %s", got)
	}
	git("commit", "-q", "-a", "-m", "changed")
	if got := said(); !regexp.MustCompile(`^1\.8\.8-0\.\d{14}-[0-9a-f]{12}$`).MatchString(got) {
		t.Errorf("the commit behind the tag calls itself %s", got)
	}
}
