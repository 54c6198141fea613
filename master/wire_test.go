package master

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

var update = flag.Bool("update", false, "write what is handed over into testdata")

// TestWire pins what one master hands over to the next: the state, the names of descriptors, the segments and what the new master
// answers. A program of the build before hands over and takes over the same. Whoever changes it on purpose raises stateVersion.
func TestWire(t *testing.T) {
	full := state{
		Version: 7,
		Control: 8,
		Listeners: []listenerState{
			{Address: "192.0.2.1:80", Shards: 2, Sockets: []string{"socket:[1]", "socket:[2]"}},
			{Address: "unix:/run/x", Shards: 1, One: true, Path: "/run/x", Inode: 9},
		},
		Generations: []generationState{{
			Number: 3, Program: "1.2.3", Addresses: [][]string{{"192.0.2.1:80"}, {}}, Workers: []workerState{{0, 71}, {monitorIndex, 72}}, Faults: 2,
		}},
		Older: []string{"socket:[3]"},
	}
	var b strings.Builder
	for _, s := range []state{full, {}} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", text)
		var again state
		if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%s came back as %+v, %v", text, again, err)
		}
	}
	for _, name := range []string{
		stateName, wordsName, shardName("192.0.2.1:80", 1), shardName(adminKey+"/run/x", 0), countersName(3), boardName(3),
		controlName(3, 1), controlName(3, monitorIndex), pidfdName(3, 1), faultsName(3, 1),
	} {
		fmt.Fprintf(&b, "name %q\n", name)
	}
	fmt.Fprintf(&b, "answer %q\nversion %d\n", fmt.Sprintf("%s%d\n", takenOver, 71), stateVersion)
	writeSegments(t, &b)
	file := filepath.Join("testdata", "wire.golden")
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
