//go:build linux

package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The files of testdata/public are written after the habits of public ones, each for another trade, with all that people write there. What
// lbmaster says of NAME.cfg is in NAME.errors. It runs without the lines that it refuses, before real servers and beside Debian's HAProxy: the
// same clients see the same. NAME.refused is what HAProxy 2.6 says of a file that it takes no more; then NAME.modern has its words of today.

// publicText is a file of testdata/public.
func publicText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/public", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// publicNames are the files without their endings.
func publicNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/public/*.cfg")
	if err != nil || len(files) < 12 {
		t.Fatal(files, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".cfg")
	}
	return files
}

// golden compares a text with a file of testdata/public, which -update writes.
func golden(t *testing.T, name, said string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join("testdata/public", name), []byte(said), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := publicText(t, name); said != want {
		t.Errorf("%s: it said:\n%s\nwant:\n%s", name, said, want)
	}
}

// TestPublicFilesSayWhatIsMissing: what cannot be had is named line by line, with what is missing, and whether leaving it out is safe.
func TestPublicFilesSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	program(t, "haproxy") // for the users and the pages that files name
	d := newBarracks(t, newPlace(t))
	for _, name := range publicNames(t) {
		d.write(name+".cfg", publicText(t, name+".cfg"))
		status, said := d.command(d.exe, "-t", "-f", name+".cfg")
		golden(t, name+".errors", said+"\n")
		if valid := strings.Contains(said, "Configuration file is valid"); valid != (status == 0) {
			t.Errorf("%s: exit status %d, and it said:\n%s", name, status, said)
		}
	}
}

// alerts are the lines of HAProxy's that say why it takes a file no more.
var alerts = regexp.MustCompile(`(?m)^\[ALERT\] +\(\d+\) : config : (parsing .*)\n`)

// TestPublicFilesAreHAProxys: HAProxy 2.6 takes each of the files, or says by its own words why it is too old.
func TestPublicFilesAreHAProxys(t *testing.T) {
	t.Parallel()
	haproxy := program(t, "haproxy")
	d := newBarracks(t, newPlace(t))
	d.write("site.pem", strings.Join(keyPair(t, "site"), ""))
	for _, name := range publicNames(t) {
		d.write(name+".cfg", strings.ReplaceAll(publicText(t, name+".cfg"), "/etc/haproxy/certs/site.pem", d.path("site.pem")))
		status, said := d.command(haproxy, "-c", "-f", name+".cfg")
		if old := "testdata/public/" + name + ".modern"; exists(old) {
			golden(t, name+".refused", strings.Join(firsts(alerts.FindAllStringSubmatch(said+"\n", -1)), "\n")+"\n")
		} else if status != 0 {
			t.Errorf("HAProxy does not take %s:\n%s", name, said)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// firsts are the first groups of matches.
func firsts(matches [][]string) (all []string) {
	for _, m := range matches {
		all = append(all, m[1])
	}
	return all
}

// onPublicFile starts both on one of the files.
func onPublicFile(t *testing.T, p place, name string) []*contender {
	t.Helper()
	program(t, "haproxy")
	text := withAddresses(p, withoutRefused(t, publicText(t, name+".cfg")))
	theirs := text
	if modern := name + ".modern"; exists("testdata/public/" + modern) {
		theirs = withAddresses(p, publicText(t, modern))
	}
	return []*contender{contend(t, p, "HAProxy", theirs), contend(t, p, "lbmaster", text)}
}
