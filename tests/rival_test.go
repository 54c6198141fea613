//go:build linux

package tests

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/tools/rig"
)

// rival is HAProxy with the same servers as a site, an admin socket, and what both have logged.
type rival struct {
	*rig.Process
	socket       string
	ours, theirs *sink
}

// pair runs lbmaster and HAProxy beside each other, in front of the same three servers: a and b are checked, b is a backup,
// and c is not checked; and a section of mode tcp, "mail". Before that, it lets servers be started.
func pair(t *testing.T, servers func(*site)) (*site, *balancer, *rival) {
	t.Helper()
	return pairEvery(t, 50*time.Millisecond, servers)
}

// pairEvery is pair with another interval of checks.
func pairEvery(t *testing.T, inter time.Duration, servers func(*site)) (*site, *balancer, *rival) {
	t.Helper()
	haproxy := program(t, "haproxy")
	s := &site{place: newPlace(t), listen: "httpchk = \"HEAD / HTTP/1.0\"\n" + insertCookie}
	s.timeout = `{ connect = "5s", client = "30s", server = "30s", check = "5s" }` // a busy machine answers late
	r := &rival{socket: filepath.Join(t.TempDir(), "haproxy.sock"), ours: newSink(t, s.place)}
	r.theirs = startSink(t, "udp4", s.place.addr(201, 5140), s.place.addr(201, 5140))
	s.global = fmt.Sprintf("log = [%q]", r.ours.addr+" local0")
	servers(s)
	s.servers = []target{
		{"a", s.place.server(0), checked(inter, cookieOf("A"))},
		{"b", s.place.server(1), checked(inter, "backup = true")},
		{"c", s.place.server(2), cookieOf("C")},
	}
	s.tail = fmt.Sprintf("[listen.mail]\nbind = [%q]\nmode = \"tcp\"\nbalance = \"roundrobin\"\ntimeout = %s\n[[listen.mail.server]]\nname = \"m\"\naddress = %q\n",
		s.place.addr(1, 2525), s.timeout, s.place.server(3))
	s.withAdmin(t)
	conf := fmt.Sprintf(`global
  stats socket %s mode 600 level admin
  log stderr format raw local0
  log %s local0
defaults
  log global
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout check 5s
listen web
  bind %s
  maxconn 2000
  balance roundrobin
  cookie SERVERID insert indirect
  option httpchk HEAD / HTTP/1.0
  server a %s check inter %d cookie A
  server b %s check inter %d backup
  server c %s cookie C
listen mail
  bind %s
  mode tcp
  maxconn 2000
  balance roundrobin
  server m %s
`, r.socket, r.theirs.addr, s.place.addr(30, 8080), s.place.server(0), inter.Milliseconds(), s.place.server(1), inter.Milliseconds(),
		s.place.server(2), s.place.addr(30, 2525), s.place.server(3))
	var err error
	if r.Process, err = rig.StartHAProxy(haproxy, t.TempDir(), conf, s.place.addr(30, 8080)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, r.Process) })
	return s, s.run(t), r
}

// both waits until a server has the same status here and there.
func (r *rival) both(t *testing.T, s *site, name, want string) {
	t.Helper()
	for _, socket := range []string{s.socket, r.socket} {
		if !soon(func() bool { return readStats(t, tell(t, socket, "show stat"))["web/"+name]["status"] == want }) {
			t.Fatalf("%s: %s does not become %s", socket, name, want)
		}
	}
}

// TestSameColumns: show stat has HAProxy's columns in its order, and a cell is empty where it is empty there.
func TestSameColumns(t *testing.T) {
	t.Parallel()
	s, _, r := pair(t, func(s *site) { startOrigin(t, "a", s.place.server(0)) })
	r.both(t, s, "a", "UP")
	r.both(t, s, "b", "DOWN")
	ours, theirs := tell(t, s.socket, "show stat"), ""
	// While a check is under way HAProxy shows it, and not what the one before told.
	soon(func() bool { theirs = tell(t, r.socket, "show stat"); return !strings.Contains(theirs, ",* ") })
	names, all := header(ours), header(theirs)
	if len(names) != 103 || !slices.Equal(names, all[:103]) {
		t.Errorf("our columns:\n%s\nHAProxy's:\n%s", names, all)
	}
	// What HAProxy tells there has no counterpart: maxima that nobody keeps, and estimates.
	without := strings.Fields("ctime_max rtime_max ttime_max need_conn_est agg_server_status agg_server_check_status agg_check_status")
	same := strings.Fields("pxname svname status act bck weight uweight type iid sid pid check_status check_code check_desc check_rise check_fall " +
		"check_health addr cookie mode algo slim")
	mine, hers := readStats(t, ours), readStats(t, theirs)
	for key, row := range hers {
		for _, name := range names {
			if (mine[key][name] == "") != (row[name] == "") && !slices.Contains(without, name) {
				t.Errorf("%s: %s is %q, HAProxy has %q", key, name, mine[key][name], row[name])
			}
			port := name == "slim" || name == "addr"
			if slices.Contains(same, name) && mine[key][name] != row[name] && !port {
				t.Errorf("%s: %s is %q, HAProxy has %q", key, name, mine[key][name], row[name])
			}
		}
	}
	if len(mine) != len(hers) {
		t.Errorf("%d rows, HAProxy has %d", len(mine), len(hers))
	}
}

func header(csv string) []string {
	first, _, _ := strings.Cut(strings.TrimPrefix(csv, "# "), "\n")
	return strings.Split(strings.TrimSuffix(first, ","), ",")
}

// TestSameWords: the same commands are answered and logged in the same words, and leave the servers in the same states.
func TestSameWords(t *testing.T) {
	t.Parallel()
	origins := make(map[string]*origin)
	s, b, r := pair(t, func(s *site) {
		origins["a"], origins["b"] = startOrigin(t, "a", s.place.server(0)), startOrigin(t, "b", s.place.server(1))
	})
	for i, name := range []string{"a", "b"} {
		r.both(t, s, name, "UP")
		origins[name].Close()
		r.both(t, s, name, "DOWN")
		startOrigin(t, name, s.place.server(i))
		r.both(t, s, name, "UP")
	}
	for _, command := range []string{
		"disable server web/c", "enable server web/c", "set server web/c state drain", "set server web/c state maint", "set server web/c state drain",
		"set server web/c state ready", "set server web/c state ready", "disable server web/b", "disable server web/a", "disable server web/c",
		"enable server web/a;enable server web/b;enable server web/c",
		"set server web/c weight 50%", "get weight web/c", "set server web/c weight 300", "set server web/c weight", "set server web/c weight x",
		"set weight web/c 7", "get weight web/c", "set server web/c state on", "set server web/x state ready", "set server x/c state ready",
		"set server web", "set server", "get weight web/x", "set server web/c addr x", "set server web/c addr", "clear counters", "clear counters all",
		"show servers state x", "show stat x 1 1",
	} {
		if mine, theirs := tell(t, s.socket, command), tell(t, r.socket, command); mine != theirs {
			t.Errorf("%s:\n%q, HAProxy says\n%q", command, mine, theirs)
		}
		if mine, theirs := states(tell(t, s.socket, "show servers state")), states(tell(t, r.socket, "show servers state")); mine != theirs {
			t.Errorf("after %s:\n%s\nHAProxy has\n%s", command, mine, theirs)
		}
	}
	mine, theirs := aboutServers(b.Stderr.String()), aboutServers(r.Stderr.String())
	if mine != theirs {
		t.Errorf("it said:\n%s\nHAProxy said:\n%s", mine, theirs)
	}
}

// states is show servers state without times and checks, which differ by milliseconds.
func states(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		if i > 1 {
			line = strings.Join(append(words[:9:9], words[14:]...), " ")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// aboutServers is what a log says about servers, without its own way to begin a line and without times.
func aboutServers(log string) string {
	duration := regexp.MustCompile(`check duration: \d+ms`)
	var all []string
	for line := range strings.Lines(log) {
		at := max(strings.Index(line, "Server web/"), strings.Index(line, "Backup Server web/"))
		if i := strings.Index(line, "Backup Server web/"); i >= 0 {
			at = i
		}
		if i := strings.Index(line, "proxy web has no server"); i >= 0 {
			at = i
		}
		if at < 0 || strings.HasPrefix(line, "[") {
			continue
		}
		all = append(all, duration.ReplaceAllString(strings.TrimSpace(line[at:]), "check duration: 0ms"))
	}
	return strings.Join(all, "\n")
}

// TestHatop drives a program that people use with HAProxy, on a terminal.
func TestHatop(t *testing.T) {
	t.Parallel()
	hatop := program(t, "hatop")
	s, _ := newSite(t, 2)
	s.servers = append(s.servers, target{"webC", s.place.server(2), checked(50*time.Millisecond, "")})
	s.withAdmin(t)
	s.run(t)
	s.awaitStatus(t, "web/webC", "DOWN")
	dial(t, s.place.front()).get("/", 200)
	screen := onTerminal(t, hatop, "-s", s.socket)
	for _, want := range []string{"web", "webA", "webC", "DOWN", "FRONTEND", "lbmaster"} {
		if !soon(func() bool { return screen.Has(want) }) {
			t.Errorf("the screen does not show %q:\n%q", want, screen.String())
		}
	}
}

// onTerminal runs a program on a terminal of its own, until the end of the test, and returns what it draws.
func onTerminal(t *testing.T, argv ...string) *rig.Output {
	t.Helper()
	master, slave, err := openTerminal()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.Env = append(os.Environ(), "TERM=xterm", "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		t.Fatal(err)
	}
	out := new(rig.Output)
	ended := make(chan error, 1)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			_, _ = out.Write(buf[:n])
			if err != nil {
				break
			}
		}
		ended <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_, _ = master.WriteString("q\x03") // what ends programs: a letter, or the key for SIGINT
		select {
		case <-ended:
		case <-time.After(settle):
			t.Errorf("%s does not end", argv[0])
			_ = cmd.Process.Kill()
			<-ended
		}
		master.Close()
	})
	return out
}

// openTerminal makes a pseudo-terminal of 100 by 40 characters, see pty(7).
func openTerminal() (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}))
	if err != nil {
		return nil, nil, errors.Join(err, master.Close())
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	return master, slave, err
}
