package master

import (
	"encoding/json"
	"strings"
	"testing"

	"lbmaster/shared/control"
)

// TestParseState: a state of this version is read, one of any other refused with a remedy.
func TestParseState(t *testing.T) {
	good := state{Version: stateVersion, Control: control.Version, Generations: []generationState{{Number: 3, Workers: []workerState{{1, 4711}}}}}
	older, newer, empty := good, good, good
	older.Version--
	newer.Control++
	empty.Generations = nil
	for _, tt := range []struct {
		name  string
		text  []byte
		wrong string
	}{
		{"good", encode(t, good), ""},
		{"an older version", encode(t, older), "stop it and start this one instead"},
		{"newer messages", encode(t, newer), "stop it and start this one instead"},
		{"no generation", encode(t, empty), "there is no generation"},
		{"no state", []byte("hello"), "cannot be read"},
	} {
		got, err := parseState(tt.text)
		switch {
		case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.wrong)
		case tt.wrong == "" && (err != nil || got.Generations[0].Workers[0].Pid != 4711):
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func encode(t *testing.T, s state) []byte {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
