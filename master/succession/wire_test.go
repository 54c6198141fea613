package succession

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lbmaster/shared/control"
)

var update = flag.Bool("update", false, "write what is handed over into testdata")

// TestWire pins what one master hands over to the next: the state, the names of descriptors and what the new master
// answers. A program of the build before hands over and takes over the same. Whoever changes it on purpose raises Version.
func TestWire(t *testing.T) {
	full := State{
		Version: 7,
		Control: 8,
		Listeners: []Listener{
			{Address: "192.0.2.1:80", Shards: 2, Sockets: []string{"socket:[1]", "socket:[2]"}},
			{Address: "unix:/run/x", Shards: 1, One: true, Path: "/run/x", Inode: 9},
		},
		Generations: []Generation{{
			Number: 3, Program: "1.2.3", Addresses: [][]string{{"192.0.2.1:80"}, {}}, Workers: []Worker{{0, 71}, {control.MonitorSlot, 72}}, Faults: 2,
		}},
		Older: []string{"socket:[3]"},
	}
	var b strings.Builder
	for _, s := range []State{full, {}} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", text)
		var again State
		if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%s came back as %+v, %v", text, again, err)
		}
	}
	for _, name := range []string{
		stateName, wordsName, permitName, ShardName("192.0.2.1:80", 1), ShardName("admin /run/x", 0), CountersName(3), BoardName(3),
		ControlName(3, 1), ControlName(3, control.MonitorSlot), PidfdName(3, 1), FaultsName(3, 1),
	} {
		fmt.Fprintf(&b, "name %q\n", name)
	}
	fmt.Fprintf(&b, "answer %q\nversion %d\n", answer(71), Version)
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

// TestParse: a state of this version is read, one of any other refused with a remedy.
func TestParse(t *testing.T) {
	good := State{Version: Version, Control: control.Version, Generations: []Generation{{Number: 3, Workers: []Worker{{1, 4711}}}}}
	older, newer, empty := good, good, good
	older.Version--
	newer.Control++
	empty.Generations = nil
	for _, tt := range []struct {
		name  string
		text  []byte
		wrong string
	}{
		{"good", asText(t, good), ""},
		{"an older version", asText(t, older), "stop it and start this one instead"},
		{"newer messages", asText(t, newer), "stop it and start this one instead"},
		{"no generation", asText(t, empty), "there is no generation"},
		{"no state", []byte("hello"), "cannot be read"},
	} {
		got, err := parse(tt.text)
		switch {
		case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.wrong)
		case tt.wrong == "" && (err != nil || got.Generations[0].Workers[0].Pid != 4711):
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func asText(t *testing.T, s State) []byte {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAnswer: what a new master says is understood, and what it says when it fails is no process id.
func TestAnswer(t *testing.T) {
	if pid, err := parseAnswer(answer(4711)); pid != 4711 || err != nil {
		t.Errorf("%d, %v", pid, err)
	}
	if pid, err := parseAnswer("cannot bind"); err == nil {
		t.Errorf("a reason is taken for process %d", pid)
	}
}
