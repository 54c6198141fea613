//go:build linux

package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lbmaster/tools/rig"
)

// The scripts under testdata/script tell a user's story: command lines, messages and exit statuses. Each has a
// network of its own: lbmaster may listen on $FRONT and $OTHER, servers on $WEBA and $WEBB. These names are replaced
// in every file of the script that ends in .toml.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":   on((*script).start),   // start ARGS...: runs lbmaster in the background
			"serving": on((*script).serving), // serving ADDR: waits until connections are accepted there
			"signal":  on((*script).signal),  // signal NAME: to the master
			"exits":   on((*script).exits),   // exits STATUS: waits for the end; its output can then be compared
			"says":    on((*script).says),    // says TEXT: waits until lbmaster has written it
			"origin":  on((*script).origin),  // origin NAME ADDR: starts a server
			"occupy":  on((*script).occupy),  // occupy ADDR: listens there like a stranger
			"http":    on((*script).http),    // http STATUS ADDR PATH: fetches; the body can then be compared
			"raw":     on((*script).raw),     // raw ADDR FILE: sends a file's lines; what comes back can then be compared
			"listens": on((*script).listens), // listens ADDR: somebody does
		},
	})
}

// setup prepares the environment and the files of one script.
func setup(env *testscript.Env) error {
	s := &script{place: newPlace(env.T()), exe: filepath.Join(env.WorkDir, ".bin", "lbmaster")}
	env.Values[script{}] = s
	env.Setenv("PATH", filepath.Dir(s.exe)+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("FRONT", s.place.front())
	env.Setenv("OTHER", s.place.addr(2, 8080))
	env.Setenv("WEBA", s.place.server(0))
	env.Setenv("WEBB", s.place.server(1))
	if err := os.Mkdir(filepath.Dir(s.exe), 0o755); err != nil {
		return err
	}
	if err := link(product(), s.exe); err != nil {
		return err
	}
	env.Defer(func() {
		if err := s.nothingLeft(); err != nil {
			env.T().Fatal(err)
		}
	})
	return expandAll(env)
}

func expandAll(env *testscript.Env) error {
	files, err := filepath.Glob(filepath.Join(env.WorkDir, "*.toml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(os.Expand(string(b), env.Getenv)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// nothingLeft is what every script must leave behind.
func (s *script) nothingLeft() error {
	if !soon(func() bool { return len(rig.Running(s.exe)) == 0 }) {
		return fmt.Errorf("processes left: %v", rig.Running(s.exe))
	}
	return s.place.vacated()
}
