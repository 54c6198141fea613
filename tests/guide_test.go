//go:build linux

package tests

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// asPrinted is one of the guide's configurations as it is printed, in a network namespace that has the addresses of the load balancer; its
// servers are in another.
type asPrinted struct {
	file    string
	listens []string // where clients connect
	own     []string // addresses of the load balancer
	servers []string // their addresses with a port
}

var (
	heads    = regexp.MustCompile(`(?m)^(?:listen|bind)(?: [a-z-]+)? ([0-9.:,]+)`)
	sources  = regexp.MustCompile(`source ([0-9.]+)`)
	targets  = regexp.MustCompile(`(?m)^server \S+ ([0-9.]+)(?::(\d+))?(?: cookie \S+)?(?: check)?(?: port (\d+))?`)
	mappings = map[string][]string{"192.168.1.10": {"3389", "1494", "5900"}} // a server without a port has those of the binds
)

func readPrinted(t *testing.T, file string) *asPrinted {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &asPrinted{file: file}
	for _, m := range heads.FindAllStringSubmatch(string(text), -1) {
		for at := range strings.SplitSeq(m[1], ",") {
			host, port, _ := strings.Cut(at, ":")
			if host == "" || host == "0.0.0.0" {
				host = "127.0.0.1"
			}
			g.listens = append(g.listens, host+":"+port)
			g.own = append(g.own, host)
		}
	}
	for _, m := range sources.FindAllStringSubmatch(string(text), -1) {
		g.own = append(g.own, m[1])
	}
	for _, m := range targets.FindAllStringSubmatch(string(text), -1) {
		for _, port := range append([]string{m[2], m[3]}, mappings[m[1]]...) {
			if at := m[1] + ":" + port; port != "" && !slices.Contains(g.servers, at) {
				g.servers = append(g.servers, at)
			}
		}
	}
	return g
}

// addresses are the shell's commands that add addresses to lo.
func addresses(all []string) string {
	var b strings.Builder
	seen := map[string]bool{"127.0.0.1": true}
	for _, at := range all {
		host, _, _ := strings.Cut(at, ":")
		if !seen[host] {
			fmt.Fprintf(&b, "ip addr add %s/32 dev lo && ", host)
		}
		seen[host] = true
	}
	return b.String()
}

// TestGuideAsPrinted: every configuration of the guide runs word for word, with the addresses as printed, and clients are answered at each
// address.
func TestGuideAsPrinted(t *testing.T) {
	t.Parallel()
	needs(t, "unshare", "nsenter", "ip")
	files, err := filepath.Glob("../conf/examples/section-*.cfg")
	if err != nil || len(files) != 18 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".cfg"), func(t *testing.T) { readPrinted(t, file).run(t) })
	}
}

func (g *asPrinted) run(t *testing.T) {
	far, err := rig.Start("servers", []string{"unshare", "-n", "sh", "-c", "ip link set lo up && " + addresses(g.servers) + "echo ready && exec sleep 600"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := far.Stop(syscall.SIGKILL, settle); err != nil {
			t.Error(err)
		}
	})
	if err := far.Ready(settle, func() bool { return far.Stdout.Has("ready") }); err != nil {
		t.Fatal(err)
	}
	beyond := enterNetwork(t, far.Pid)
	for _, at := range g.servers {
		serveOrigin(t, "web"+at, at, beyond.listen(t, "tcp", at))
	}
	pid := strconv.Itoa(far.Pid)
	script := "ip link set lo up && " + addresses(g.own) +
		"ip link add lb type veth peer name farm && ip link set farm netns " + pid + " && ip addr add 172.31.0.1/30 dev lb && ip link set lb up && " +
		"nsenter -t " + pid + " -n sh -c 'ip addr add 172.31.0.2/30 dev farm && ip link set farm up && ip route add default via 172.31.0.1' && " +
		"ip route add default via 172.31.0.2 && exec \"$@\""
	file, err := filepath.Abs(g.file)
	if err != nil {
		t.Fatal(err)
	}
	b := launchBy(t, newPlace(t), "", func(argv []string, env ...string) (*rig.Process, error) {
		pidfile := filepath.Join(filepath.Dir(argv[0]), "pid")
		return rig.Start("lbmaster", append([]string{"unshare", "-n", "sh", "-c", script, "sh"}, argv[0], "-db", "-V", "-p", pidfile, "-f", file), env...)
	})
	b.awaitReady()
	near := enterNetwork(t, b.Pid)
	if strings.Contains(g.file, "4.2.1") { // the service itself is on the same machine
		serveOrigin(t, "web", "127.0.0.1:80", near.listen(t, "tcp", "127.0.0.1:80"))
	}
	for _, at := range g.listens {
		c, err := near.dial("tcp", at, settle)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(settle))
		_, err = io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		answer, readErr := io.ReadAll(c)
		if c.Close(); err != nil || readErr != nil || !strings.Contains(string(answer), " 200 ") {
			t.Errorf("%s: %v, %v, %q", at, err, readErr, answer)
		}
	}
}

// TestClassicReload: an instance that was started with -C and -f reads the same files again, and the next one can read others, in either
// of its files; what is wrong keeps the old one going.
func TestClassicReload(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "webA", p.server(0))
	startOrigin(t, "webB", p.server(1))
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sites"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("haproxy.cfg", "global\n  nbproc 1\n  stats socket "+filepath.Join(dir, "s")+"\ndefaults\n  mode http\n  timeout client 30s\n  timeout server 30s\n  timeout connect 5s\n")
	write("sites/a.cfg", "listen a\n  bind "+p.front()+"\n  server webA "+p.server(0)+"\n")
	write("sites/ignored.txt", "nonsense\n")
	b := launchBy(t, p, "", func(argv []string, env ...string) (*rig.Process, error) {
		return rig.Start("lbmaster", []string{argv[0], "-W", "-db", "-C", dir, "-f", "haproxy.cfg", "-f", "sites"}, env...)
	})
	b.awaitReady()
	if got := dial(t, p.front()).get("/", 200).server(); got != "webA" {
		t.Errorf("%s answers", got)
	}
	write("sites/a.cfg", "listen a\n  bind "+p.front()+"\n  server webB "+p.server(1)+"\n")
	inst := instanceOf(t, b)
	inst.upgrade()
	if !soon(func() bool { return dial(t, p.front()).get("/", 200).server() == "webB" }) {
		t.Error("the files are not read again")
	}
	write("sites/b.cfg", "listen b\n  sever x 1.2.3.4:80\n")
	before := inst.masters()
	if err := rig.Kill(inst.master, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	if !soon(func() bool { return b.Stderr.Has("unknown keyword: did you mean") }) || !slices.Equal(inst.masters(), before) {
		t.Errorf("a file that is wrong is taken; it said:\n%s", b.Said())
	}
	dial(t, p.front()).get("/", 200)
}
