//go:build linux

package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// faulty builds the program of a next release whose worker 1 has a fault: it does what the statement says before it does
// anything else.
func faulty(t *testing.T, statement string) string {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	main, err := filepath.Abs("../cmd/lbmaster/main.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{main: path("main.go")}})
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	if os.Args[0] == "lbmaster: worker 1" {
		%s
	}
	os.Exit(run(system()))
}

var _, _ = fmt.Fprint, time.Now
`, statement)
	for name, text := range map[string]string{"main.go": text, "overlay.json": string(overlay)} {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("go", "build", "-overlay", path("overlay.json"), "-o", path("lbmaster"), "lbmaster/cmd/lbmaster").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path("lbmaster")
}

// A worker of the next generation that does not come up: nobody who is served by this one notices, nothing of the attempt
// is left, and why is said wherever somebody may look.
func TestRollBackForAWorker(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, says string
		fault      string // of the next program; "": none
		global     string // of the next configuration
	}{
		{"it dies", "worker 1 did not come up: exit status 7", "fmt.Fprintln(os.Stderr, \"worker 1: my last words\")\n\t\tos.Exit(7)", ""},
		{"it hangs", "worker 1 did not come up: it was not ready within 10s (signal: killed)", "time.Sleep(time.Hour)", ""},
		{"it leaves", " did not come up: control message listeners: the limit of open files (global.ulimit_n) leaves no room for its descriptors (exit status 1)", "", "ulimit_n = 8"},
		{"it has no room", " did not come up: the limit of open files leaves no room for a connection", "", "ulimit_n = 14"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rollsBack(t, tt.says, tt.fault, tt.global)
		})
	}
}

func rollsBack(t *testing.T, says, fault, global string) {
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	m := newManager(t)
	inst := instanceOf(t, launchWith(t, s.place, s.text(), []string{"NOTIFY_SOCKET=" + m.path}))
	m.next(false)
	before := inst.processes()
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	c := startCrowd(t, s.place.front(), 16, 20*time.Millisecond, 200*time.Millisecond)
	text := s.text()
	s.global = global
	inst.rewrite(s.text())
	if fault != "" {
		inst.install(faulty(t, fault))
	}
	inst.signal(syscall.SIGUSR2)
	if !rig.Until(fatal, func() bool { return inst.Stderr.Has("did not come up: this one goes on") }) {
		t.Fatalf("it says nothing of a failure:\n%s", inst.Said())
	}
	c.progress(100)
	if !soon(func() bool { return slices.Equal(inst.processes(), before) }) {
		t.Errorf("processes %v, before %v", inst.processes(), before)
	}
	inst.tellsOfFailure(&s, m, says)
	inst.rewrite(text)
	if fault != "" {
		inst.install(product())
	}
	inst.upgrade() // nothing stands in the way any more
	c.progress(100)
	c.end()
	c.check(t)
	tunnelEchoes(t, tunnel)
	tunnel.Close()
}

// install puts a program in the place of the one on disk, as a package manager does.
func (inst *instance) install(program string) {
	inst.t.Helper()
	if err := install(program, inst.exe); err != nil {
		inst.t.Fatal(err)
	}
}

func install(program, at string) error {
	if err := link(program, at+".new"); err != nil {
		return err
	}
	return os.Rename(at+".new", at)
}

// tellsOfFailure proves that the reason for a failed upgrade is told by every interface.
func (inst *instance) tellsOfFailure(s *site, m *manager, says string) {
	inst.t.Helper()
	if !strings.Contains(inst.line("did not come up: this one goes on"), says) {
		inst.t.Errorf("the log does not say %q:\n%s", says, inst.Said())
	}
	if said := m.next(false); !strings.HasPrefix(said, "RELOADING=1\n") {
		inst.t.Errorf("the service manager hears %q", said)
	}
	ready := fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=upgrade failed: ", inst.master)
	if said := m.next(false); !strings.HasPrefix(said, ready) || !strings.Contains(said, says) {
		inst.t.Errorf("the service manager hears %q, want %q", said, ready+says)
	}
	shown := func() bool { return strings.Contains(tell(inst.t, s.socket, "show generations"), says) }
	if !soon(shown) {
		inst.t.Errorf("show generations:\n%s", tell(inst.t, s.socket, "show generations"))
	}
	values, _ := samples(inst.t, scrape(inst.t, s.metrics()))
	if n, up := values["lbmaster_upgrade_failures_total"], values["lbmaster_upgrades_total"]; n != 1 || up != 0 {
		inst.t.Errorf("%v upgrades and %v failures are counted", up, n)
	}
}

// line is the first line on standard error with that text.
func (inst *instance) line(text string) string {
	for line := range strings.Lines(inst.Stderr.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}
