package master

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

var update = flag.Bool("update", false, "write what segments begin with into testdata")

// TestSegments pins the memory that one master hands over to the next. A program of the build before takes over the same.
func TestSegments(t *testing.T) {
	var b strings.Builder
	writeSegments(t, &b)
	file := filepath.Join("testdata", "segments.golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, b.String(), want)
	}
}

// writeSegments writes the names and the beginnings of the memory of an instance: magic, kind, version and size, and the printable
// part of what follows.
func writeSegments(t *testing.T, b *strings.Builder) {
	t.Helper()
	c := &conf.Config{
		Frontends: []conf.Frontend{{Name: "web", Mode: conf.ModeHTTP}},
		Backends: []conf.Backend{{Name: "farm", Servers: []conf.Server{
			{Name: "a", Weight: 1, Address: conf.Address{IP: netip.MustParseAddr("192.0.2.2"), Port: 80}},
		}}},
	}
	m, err := share(c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for _, fd := range []int{m.config, m.counters.FD(), m.board.FD(), m.faults[0]} {
		name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(b, name)
		if fd == m.config {
			continue
		}
		text := make([]byte, 1<<10)
		n, err := unix.Pread(fd, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "%x\n%s\n", text[:24], strings.Trim(strings.Map(printable, string(text[64:n])), "."))
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '.'
	}
	return r
}
