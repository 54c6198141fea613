//go:build linux

package tests

import (
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

// instance is an lbmaster whose master is replaced again and again.
type instance struct {
	*balancer
	file   string // the configuration
	master int    // pid of the newest master
}

// startInstance starts an instance on a site.
func startInstance(t *testing.T, s site) *instance {
	t.Helper()
	return instanceOf(t, s.run(t))
}

// instanceOf is the instance of a running lbmaster.
func instanceOf(t *testing.T, b *balancer) *instance {
	t.Helper()
	inst := &instance{balancer: b, file: filepath.Join(filepath.Dir(b.exe), "conf.toml"), master: b.Pid}
	t.Cleanup(inst.end)
	return inst
}

// end ends the newest master.
func (inst *instance) end() {
	if inst.master == inst.Pid {
		return // the balancer does it
	}
	inst.stopped = true
	_ = rig.Kill(inst.master, syscall.SIGTERM)
	if !soon(func() bool { return len(inst.processes()) == 0 }) {
		inst.t.Errorf("processes left after the end of master %d: %v", inst.master, inst.processes())
	}
}

// masters are the processes that are no workers and no monitor.
func (inst *instance) masters() []int {
	var all []int
	for _, pid := range inst.processes() {
		if line := rig.Cmdline(pid); line != "" && !strings.HasPrefix(line, "lbmaster: ") {
			all = append(all, pid)
		}
	}
	return all
}

// upgrade begins the next generation and waits until its master is the only one.
func (inst *instance) upgrade() {
	inst.t.Helper()
	before := inst.master
	if err := rig.Kill(before, syscall.SIGUSR2); err != nil {
		inst.t.Fatal(err)
	}
	inst.await(func(masters []int) bool { return len(masters) == 1 && masters[0] != before })
}

// await waits for masters as they should be; the one that is left is the newest.
func (inst *instance) await(ok func(masters []int) bool) {
	inst.t.Helper()
	var masters []int
	if !rig.Until(fatal, func() bool { masters = inst.masters(); return ok(masters) }) {
		inst.t.Fatalf("masters %v; it said:\n%s", masters, inst.Said())
	}
	inst.master = masters[0]
}

// children are the processes besides the masters, draining ones among them.
func (inst *instance) children() []int {
	masters := inst.masters()
	return slices.DeleteFunc(inst.processes(), func(pid int) bool { return slices.Contains(masters, pid) })
}

// rewrite replaces the configuration on disk.
func (inst *instance) rewrite(text string) {
	inst.t.Helper()
	if err := os.WriteFile(inst.file, []byte(text), 0o644); err != nil {
		inst.t.Fatal(err)
	}
}

// The heart of it: upgrades under load, without a failed request and without a broken connection.
func TestUpgradesUnderLoad(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.workers, s.listen = 2, insertCookie
	inst := startInstance(t, s)
	inst.upgrade()
	fds := rig.CountFDs(inst.master)
	c := startCrowd(t, s.place.front(), 32, 100*time.Millisecond, 500*time.Millisecond)
	for range 10 {
		before := c.posting.Load() + c.coming.Load()
		inst.upgrade()
		soon(func() bool { return c.posting.Load()+c.coming.Load() > before+200 })
	}
	c.end()
	c.check(t)
	if !soon(func() bool { return len(inst.children()) == 2 }) {
		t.Errorf("children %v when nobody is connected any more", inst.children())
	}
	few := func() bool { // it may have been given what belonged to workers of whose end its predecessor had not heard yet
		inst.upgrade()
		return rig.Until(time.Second, func() bool { return rig.CountFDs(inst.master) <= fds })
	}
	if !soon(few) {
		t.Errorf("the master has %d descriptors after twelve upgrades and more, %d after the first", rig.CountFDs(inst.master), fds)
	}
}

// A configuration that changes with the generation: servers, listening addresses, and the number of workers.
func TestUpgradeChangesConfiguration(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 3)
	second := s.place.addr(2, 8080)
	all := s.servers
	s.workers, s.servers = 1, all[:2]
	inst := startInstance(t, s)
	c := startCrowd(t, s.place.front(), 16, 50*time.Millisecond, 500*time.Millisecond)
	for i, n := range []int{8, 2, 4, 1} {
		s.workers, s.servers = n, all[i%2:i%2+2]
		s.tail = ""
		if i%2 == 0 {
			s.tail = fmt.Sprintf("[listen.more]\nbind = %q\nmode = \"http\"\nserver = [{ name = \"x\", address = %q }]\n", second, all[0].address)
		}
		inst.rewrite(s.text())
		inst.upgrade()
		if !soon(func() bool { return rig.Connectable(second) == (i%2 == 0) }) {
			t.Errorf("generation %d: somebody listens on %s: %v", i+2, second, i%2 != 0)
		}
		before := c.coming.Load()
		soon(func() bool { return c.coming.Load() > before+100 })
	}
	c.end()
	c.check(t)
	if !soon(func() bool { return len(inst.children()) == 1 }) {
		t.Errorf("children %v, want one worker", inst.children())
	}
}

// Whatever keeps the next generation from coming up leaves this one as it is, and is said.
func TestRollBack(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	taken := s.place.server(0) // a server listens there
	for _, tt := range []struct {
		name, says string
		spoil      func(inst *instance)
	}{
		{"bad configuration", "unknown key", func(inst *instance) { inst.rewrite(s.text() + "nonsense = 1\n") }},
		{"no configuration", "cannot read the configuration", func(inst *instance) { os.Remove(inst.file) }},
		{"a port that is taken", "address already in use", func(inst *instance) {
			inst.rewrite(s.text() + fmt.Sprintf("[listen.more]\nbind = %q\nmode = \"http\"\nserver = [{ name = \"x\", address = %q }]\n", taken, taken))
		}},
		{"no program", "no such file", func(inst *instance) { os.Rename(inst.exe, inst.exe+".away") }},
		{"a program that crashes", "exit status 3", func(inst *instance) { inst.replaceProgram("#!/bin/sh\necho I crash >&2\nexit 3\n") }},
		{"a program that passes the check and crashes", "exit status 4", func(inst *instance) {
			inst.replaceProgram("#!/bin/sh\n[ \"$1\" = -t ] && exit 0\nexit 4\n")
		}},
		{"a program that hangs", "new child", func(inst *instance) {
			inst.replaceProgram("#!/bin/sh\n[ \"$1\" = -t ] && exit 0\nexec sleep 60\n")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s
			s.place = newPlace(t)
			s.global = `upgrade_timeout = "5s"` // also for the upgrade that succeeds in the end
			s.withAdmin(t)
			inst := startInstance(t, s)
			text, err := os.ReadFile(inst.file)
			if err != nil {
				t.Fatal(err)
			}
			before := rig.Children(inst.master)
			c := startCrowd(t, s.place.front(), 4, 20*time.Millisecond, 200*time.Millisecond)
			tt.spoil(inst)
			inst.signal(syscall.SIGUSR2)
			if !rig.Until(fatal, func() bool { return inst.Stderr.Has("did not come up") }) {
				t.Fatal("it says nothing")
			}
			if !inst.Stderr.Has(tt.says) {
				t.Errorf("it does not say %q:\n%s", tt.says, inst.Said())
			}
			shown := func() bool { return strings.Contains(tell(t, s.socket, "show generations"), tt.says) }
			if !soon(shown) {
				t.Errorf("show generations:\n%s", tell(t, s.socket, "show generations"))
			}
			if now := rig.Children(inst.master); !slices.Equal(now, before) {
				t.Errorf("children %v, before %v", now, before)
			}
			if _, err := os.Stat(inst.exe + ".away"); err == nil {
				os.Rename(inst.exe+".away", inst.exe)
			}
			inst.rewrite(string(text))
			inst.upgrade() // nothing stands in the way any more
			c.end()
			c.check(t)
		})
	}
}

// replaceProgram puts a script in place of the program; the program can be put back.
func (inst *instance) replaceProgram(text string) {
	inst.t.Helper()
	if err := os.Rename(inst.exe, inst.exe+".away"); err != nil {
		inst.t.Fatal(err)
	}
	// What another test forks meanwhile must not hold the file open for writing: it could not be executed (ETXTBSY).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(inst.exe, []byte(text), 0o755); err != nil {
		inst.t.Fatal(err)
	}
}

// replaceProgramByOneThatWaits puts a script in place of the program that, when it is asked to check a configuration, waits
// until goOn is called, and does what then says otherwise.
func (inst *instance) replaceProgramByOneThatWaits(then string) (goOn func()) {
	inst.t.Helper()
	released := inst.exe + ".released"
	inst.replaceProgram("#!/bin/sh\nif [ \"$1\" = -t ]; then\n  while [ ! -e " + released + " ]; do sleep 0.05; done\n  exit 0\nfi\n" + then + "\n")
	return func() {
		inst.t.Helper()
		if err := os.WriteFile(released, nil, 0o644); err != nil {
			inst.t.Fatal(err)
		}
	}
}

// The program on disk is replaced by another build, and back: each generation runs what is there when it begins.
func TestProgramIsReplaced(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	inst := startInstance(t, s)
	other := anotherBuild(t)
	versions := []string{versionOf(t, product()), versionOf(t, other)}
	if versions[0] == versions[1] {
		t.Fatalf("both builds call themselves %s", versions[0])
	}
	c := startCrowd(t, s.place.front(), 8, 20*time.Millisecond, 300*time.Millisecond)
	for i, from := range []string{other, product(), other} {
		inst.install(from)
		inst.upgrade()
		want := fmt.Sprintf("\n%d active ", i+2)
		shown := func() bool {
			text := tell(t, s.socket, "show generations")
			_, line, _ := strings.Cut(text, want)
			line, _, _ = strings.Cut(line, "\n")
			return strings.HasSuffix(line, " "+versions[(i+1)%2])
		}
		if !soon(shown) {
			t.Errorf("generation %d does not run %s:\n%s", i+2, versions[(i+1)%2], tell(t, s.socket, "show generations"))
		}
		c.progress(50)
	}
	c.end()
	c.check(t)
}

// anotherBuild is the program with another version.
func anotherBuild(t *testing.T) string {
	t.Helper()
	other := filepath.Join(t.TempDir(), "lbmaster")
	if out, err := exec.Command("go", "build", "-ldflags", "-X lbmaster/shared/release.name=other", "-o", other, "lbmaster/cmd/lbmaster").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return other
}

// versionOf is what a build says of itself, in the form in which it is one word.
func versionOf(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.Command(program, "-v").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out))[1:], "/")
}

// A wish that comes while one is being fulfilled is not lost, and many are one.
func TestUpgradeIsRemembered(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	inst := startInstance(t, s)
	program := inst.exe + ".away"
	goOn := inst.replaceProgramByOneThatWaits("exec " + program + " \"$@\"")
	inst.exe = program // that is what all processes run
	inst.signal(syscall.SIGUSR2)
	if !soon(func() bool { return inst.Stderr.Has("beginning the next generation") }) {
		t.Fatal("nothing begins")
	}
	first := inst.master
	for range 3 {
		inst.signal(syscall.SIGUSR2)
	}
	goOn()
	inst.await(func(masters []int) bool {
		return len(masters) == 1 && masters[0] != first && inst.Stderr.Has("has taken over\" generation=3")
	})
	if !soon(func() bool { return len(inst.children()) == 2 }) {
		t.Errorf("children %v", inst.children())
	}
	if inst.Stderr.Has("generation=4") {
		t.Error("three wishes in between made more than one generation")
	}
}
