//go:build linux

package tests

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// The next generation goes on with the states of the servers, the counters and the runtime interfaces.
func TestMonitorAcrossUpgrade(t *testing.T) {
	t.Parallel()
	const inter = 50 * time.Millisecond
	s, _ := newSite(t, 2)
	s.workers = 2
	s.servers[0].extra += "\n" + checked(inter, "")
	s.servers = append(s.servers, target{"webC", s.place.server(2), checked(inter, "")})
	s.withAdmin(t)
	b := s.run(t)
	s.awaitStatus(t, "web/webC", "DOWN")
	tell(t, s.socket, "set server web/webB state drain")
	tunnel := dial(t, s.place.front())
	tunnel.send(upgradeRequest)
	tunnel.answer("GET")
	h := startHammer(t, s.place.front(), 4, "/")
	h.progress(t, 200)
	before, types := samples(t, scrape(t, s.metrics()))
	b.Stderr.Forget()
	b.signal(syscall.SIGUSR2)
	// The master that we have started leaves; the one that follows it is stopped at the end.
	t.Cleanup(func() {
		for _, pid := range b.processes() {
			if strings.Contains(rig.Cmdline(pid), "-c") {
				_ = rig.Kill(pid, syscall.SIGTERM)
			}
		}
	})
	if !soon(func() bool { return strings.Contains(tell(t, s.socket, "show generations"), "\n2 active ") }) {
		t.Fatalf("there is no second generation:\n%s", tell(t, s.socket, "show generations"))
	}
	h.progress(t, 200)
	h.end()
	all := s.stats(t)
	if c := all["web/webC"]; c["status"] != "DOWN" || c.number("chkdown") != 1 || c.number("downtime") < 0 {
		t.Errorf("a server that was down: %v", c)
	}
	if all["web/webB"]["status"] != "DRAIN" || all["web/webA"]["status"] != "UP" {
		t.Errorf("%v\n%v", all["web/webA"], all["web/webB"])
	}
	if b.Stderr.Has("Server web/") {
		t.Errorf("servers changed:\n%s", b.Stderr.String())
	}
	b.exits(settle, 0)
	after := make(map[string]float64)
	told := func() bool { // of all children of both generations, one after the other
		after, _ = samples(t, scrape(t, s.metrics()))
		text := tell(t, s.socket, "show workers")
		return after["lbmaster_generations"] == 2 && strings.Contains(text, " 1 draining ") && strings.Count(text, " 2 active ") == 2
	}
	if !soon(told) || after["lbmaster_upgrades_total"] != 1 {
		t.Errorf("%v upgrades, %v generations; show workers:\n%s",
			after["lbmaster_upgrades_total"], after["lbmaster_generations"], tell(t, s.socket, "show workers"))
	}
	for name, v := range before {
		family, _, _ := strings.Cut(name, "{")
		if types[family] == "counter" && after[name] < v {
			t.Errorf("%s went from %v to %v", name, v, after[name])
		}
	}
	// The old generation ends with its last session, and is forgotten.
	if err := tunnel.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	tunnel.closedInOrder()
	if !soon(func() bool { return strings.Count(tell(t, s.socket, "show generations"), "\n") == 3 }) {
		t.Errorf("the first generation stays:\n%s", tell(t, s.socket, "show generations"))
	}
	if failed := h.failed(); len(failed) > 0 {
		t.Errorf("requests failed: %v", fmt.Sprint(failed))
	}
}

// An answer that is on its way on the admin socket is finished by the old generation's monitor, and so is a conversation:
// with an orderly end, soon.
func TestAdminSocketAcrossUpgrade(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	inst := startInstance(t, s)
	enter := func(line string) net.Conn {
		t.Helper()
		c, err := net.DialTimeout("unix", s.socket, settle)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(settle))
		if _, err := io.WriteString(c, line+"\n"); err != nil {
			t.Fatal(err)
		}
		return c
	}
	const answers = 500 // more than fits into the socket
	long := enter(strings.Repeat("show stat;", answers) + "show version")
	in := bufio.NewReader(long)
	begin, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	idle := enter("prompt")
	if _, err := io.ReadFull(idle, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	inst.upgrade()
	rest, err := io.ReadAll(in)
	text := begin + string(rest)
	if n := strings.Count(text, "\nweb,FRONTEND,"); err != nil || n != answers || !strings.HasSuffix(text, "\n\n") {
		t.Errorf("%d of %d answers came, then %v", n, answers, err)
	}
	if text, err := io.ReadAll(idle); err != nil || len(text) > 0 {
		t.Errorf("the end of an idle conversation: %q, %v", text, err)
	}
	if !soon(func() bool { return len(inst.children()) == 3 }) {
		t.Errorf("children %v, want two workers and a monitor", inst.children())
	}
	if text := tell(t, s.socket, "show generations"); !strings.Contains(text, "\n2 active ") {
		t.Errorf("show generations:\n%s", text)
	}
}

// What several generations count that are alive side by side is told once.
func TestCountersOfManyGenerations(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.workers = 2
	s.withAdmin(t)
	inst := startInstance(t, s)
	const generations, each = 8, 5
	requests := 0
	for i := range generations {
		tunnel := dial(t, s.place.front()) // it keeps its generation alive
		tunnel.send(upgradeRequest)
		tunnel.answer("GET")
		for range each {
			dial(t, s.place.front()).get("/", 200)
		}
		requests += 1 + each
		inst.upgrade()
		want := fmt.Sprintf("haproxy_frontend_http_requests_total{proxy=\"web\"} %d\n", requests)
		if !soon(func() bool { return strings.Contains(scrape(t, s.metrics()), want) }) {
			t.Fatalf("not %s after %d upgrades:\n%s", want, i+1, scrape(t, s.metrics()))
		}
	}
	// The newest monitor may not have been told of all the others yet; and a tunnel that comes at once may still get into the
	// generation before.
	var values map[string]float64
	all := func() bool {
		values, _ = samples(t, scrape(t, s.metrics()))
		return values["lbmaster_upgrades_total"] == generations && values["lbmaster_generations"] > generations/2
	}
	if !soon(all) {
		t.Errorf("%v upgrades, %v generations", values["lbmaster_upgrades_total"], values["lbmaster_generations"])
	}
}
