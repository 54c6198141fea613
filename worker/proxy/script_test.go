package proxy

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/counter"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/worker/loop"
	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

var updateScripts = flag.Bool("update", false, "write what happens into the scripts of testdata/script")

// TestScripts runs each file of testdata/script against a proxy whose network and clock are the script's. CONTRIBUTING.md says how one is
// written.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScript(t, file) })
	}
}

// runScript runs each scene of a file: scenes are divided by lines with "---", and begin with a new proxy.
func runScript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	s := newScene(t, file)
	for i, line := range lines {
		s.line = i + 1
		if strings.HasPrefix(line, "---") {
			s.end()
			s = newScene(t, file)
			continue
		}
		if now := s.do(line); now != line {
			lines[i] = now
			if !*updateScripts {
				t.Fatalf("%s:%d:\n  want %s\n  got  %s", file, i+1, line, now)
			}
		}
	}
	s.end()
	if *updateScripts {
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// scene is one that is being played.
type scene struct {
	t       *testing.T
	file    string
	line    int
	net     *network
	config  *conf.Config
	proxy   *Proxy
	stats   *stats.Stats
	clients map[string]*socket
	log     int // the reading end of the log target
}

func newScene(t *testing.T, file string) *scene {
	s := &scene{t: t, file: file, net: newNetwork(), clients: make(map[string]*socket), log: -1, config: benchConfig("10.0.1.1", 8000)}
	s.config.Backends[0].Cookie = nil
	return s
}

func (s *scene) fatal(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s:%d: "+format, append([]any{s.file, s.line}, args...)...)
}

// start makes the proxy of the configuration that has been read.
func (s *scene) start() {
	if s.proxy != nil {
		return
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		s.fatal("%v", err)
	}
	s.log = pair[0]
	s.config.Global.Log = []conf.LogTarget{{Target: "unix", Address: "/log", Facility: "local0"}}
	if to := s.config.Backends[0].Dispatch; to != nil {
		s.net.servers[sock.TCP(netip.AddrPortFrom(to.IP, uint16(to.Port)))] = &farEnd{mood: "up"}
	}
	for i := range s.config.Backends[0].Servers {
		srv := &s.config.Backends[0].Servers[i]
		s.net.servers[sock.TCP(netip.AddrPortFrom(srv.Address.IP, uint16(srv.Address.Port)))] = &farEnd{mood: "up"}
	}
	if s.stats, err = stats.Create(benchRows(s.config), 1); err != nil {
		s.fatal("%v", err)
	}
	s.proxy = newProxyWith(s.t, Params{Loop: loop.On(s.net, s.net.clock), Logs: []int{pair[1]}}, s.config, s.stats)
	s.proxy.BoundPipes(0) // what would be spliced is copied
	s.proxy.worker.Upstream.DialBy(s.net)
	s.proxy.Activate()
	s.settle()
}

// end closes the proxy of a scene, and proves that nothing of it is left.
func (s *scene) end() {
	if s.proxy == nil {
		return
	}
	s.proxy.Stop()
	s.proxy.close()
	if n := s.proxy.worker.Pools.Buffers.Taken(); n != 0 {
		s.fatal("%d buffers were not given back", n)
	}
	if n := s.stats.SessionsNow(0); n != 0 {
		s.fatal("%d sessions are still counted", n)
	}
	for _, k := range s.net.sockets {
		if k.open {
			s.fatal("socket %d is still open", k.n-firstDescriptor)
		}
	}
	unix.Close(s.log)
}

// settle lets the loop turn until nothing happens any more.
func (s *scene) settle() {
	for range 10_000 {
		s.net.idle = false
		if err := s.proxy.loop.Turn(); err != nil {
			s.fatal("%v", err)
		}
		if s.net.idle && s.net.passes == 0 && len(s.net.ready) == 0 {
			return
		}
	}
	s.fatal("the loop does not come to rest")
}

// do does what a line says, and returns the line as it should have been.
func (s *scene) do(line string) string {
	words := strings.Fields(line)
	switch {
	case len(words) == 0 || strings.HasPrefix(line, "#"):
		return line
	case words[0] == "config":
		s.configure(words[1:])
		return line
	}
	s.start()
	switch {
	case len(words) == 2 && words[1] == "passes" || len(words) == 2 && words[1] == "pass":
		d, err := time.ParseDuration(words[0])
		if err != nil {
			s.fatal("%v", err)
		}
		s.net.passes = d
		s.settle()
		return line
	case words[0] == "log":
		return "log " + s.nextLog()
	case words[0] == "counters":
		return "counters " + s.counters(words[1:])
	case words[0] == "state":
		return "state " + s.states()
	case words[0] == "buffers":
		return fmt.Sprint("buffers ", s.proxy.worker.Pools.Buffers.Taken())
	}
	return s.act(line, words[0], words[1])
}

// act does what a client (a name that begins with c) or a server (any other: that of its last connection; with .1 and so on the first ...)
// does, or proves what it gets.
func (s *scene) act(line, who, what string) string {
	argument := ""
	if i := strings.IndexByte(line, '"'); i >= 0 {
		var err error
		if argument, err = strconv.Unquote(line[i:]); err != nil {
			s.fatal("%v: %s", err, line)
		}
	}
	head := who + " " + what
	if what == "connects" {
		s.connect(who)
		s.settle()
		return line
	}
	if what == "goes" { // DOWN or UP, on the status board
		op := map[string]status.Op{"DOWN": status.Down, "UP": status.Up}[strings.Fields(line)[2]]
		s.proxy.board.Store(int(who[0]-'a'), status.State{Op: op, Weight: 1}, 1)
		return line
	}
	if what == "is" {
		s.farEnd(who).mood = strings.Fields(line)[2]
		return line
	}
	k := s.connectionOf(who)
	if k == nil {
		return line + "  # there is no such connection"
	}
	switch what {
	case "sends":
		k.peerSends([]byte(argument))
	case "fills": // sends so many bytes
		n, err := strconv.Atoi(strings.Fields(line)[2])
		if err != nil {
			s.fatal("%v", err)
		}
		k.peerSends(bytes.Repeat([]byte("x"), n))
	case "waits": // with so many bytes that the proxy has not received
		return fmt.Sprint(head, " ", len(k.in))
	case "takes": // at most so many bytes from now on, until it reads
		n, err := strconv.Atoi(strings.Fields(line)[2])
		if err != nil {
			s.fatal("%v", err)
		}
		full := len(k.out) >= k.room
		if k.room = n; full && len(k.out) < n {
			k.tell(poll.Writable)
		}
	case "ends":
		k.peerEnds()
	case "resets":
		k.peerResets()
	case "answers": // a server that was silent
		k.links = false
		k.tell(poll.Writable)
	case "gets":
		got := string(k.peerTakes(len(k.out)))
		s.settle()
		got += string(k.peerTakes(len(k.out)))
		s.settle()
		return head + " " + strconv.Quote(got)
	case "reads": // all that has come, of which the number of bytes counts
		n := 0
		for len(k.out) > 0 {
			n += len(k.peerTakes(len(k.out)))
			s.settle()
		}
		return fmt.Sprint(head, " ", n)
	case "sees":
		return head + " " + k.fate()
	default:
		s.fatal("nobody can do this: %s", line)
	}
	s.settle()
	return line
}

// fate is how a connection stands for the peer.
func (k *socket) fate() string {
	switch {
	case k.wasReset:
		return "reset"
	case k.shut:
		return "end"
	}
	return "nothing"
}

// connect makes a client.
func (s *scene) connect(name string) {
	k := s.net.socket()
	s.clients[name] = k
	peer := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.9"), uint16(5000+len(s.clients)))
	f := s.proxy.frontends[0]
	if !s.proxy.reserve(f) {
		s.fatal("no client is let in any more")
	}
	session := s.proxy.begin(f, 0, peer)
	session.client.OpenOn(k, session.token())
	s.proxy.startSession(session)
}

// connectionOf is the proxy's end of a connection: of a client, or of a server.
func (s *scene) connectionOf(who string) *socket {
	if k := s.clients[who]; k != nil {
		return k
	}
	name, number, numbered := strings.Cut(who, ".")
	conns := s.farEnd(name).conns
	n := len(conns)
	if numbered {
		n, _ = strconv.Atoi(number)
	}
	if n < 1 || n > len(conns) {
		return nil
	}
	return conns[n-1]
}

func (s *scene) farEnd(name string) *farEnd {
	if to := s.config.Backends[0].Dispatch; to != nil && name == "dispatch" {
		return s.net.servers[sock.TCP(netip.AddrPortFrom(to.IP, uint16(to.Port)))]
	}
	for i := range s.config.Backends[0].Servers {
		if srv := &s.config.Backends[0].Servers[i]; srv.Name == name {
			return s.net.servers[sock.TCP(netip.AddrPortFrom(srv.Address.IP, uint16(srv.Address.Port)))]
		}
	}
	s.fatal("there is no server %s", name)
	return nil
}

// nextLog is the next line of the access log, behind the date; "nothing": there is none.
func (s *scene) nextLog() string {
	b := make([]byte, 8<<10)
	n, err := unix.Read(s.log, b)
	if errors.Is(err, unix.EAGAIN) {
		return "nothing"
	}
	if err != nil {
		s.fatal("%v", err)
	}
	_, text, _ := strings.Cut(strings.TrimSuffix(string(b[:n]), "\n"), "]: ") // without the header
	if client, rest, ok := strings.Cut(text, " ["); ok {
		if _, rest, ok = strings.Cut(rest, "] "); ok { // without the date
			return client + " " + rest
		}
	}
	return text
}

// counters are the values of the counters that are named, as in frontend.requests=2.
func (s *scene) counters(names []string) string {
	rows := map[string]int{"worker": 0, "frontend": 1, "backend": 2}
	for i, srv := range s.config.Backends[0].Servers {
		rows[srv.Name] = 3 + i
	}
	var all []string
	for _, name := range names {
		name, _, _ = strings.Cut(name, "=")
		row, column, _ := strings.Cut(name, ".")
		at, ok := rows[row]
		found := false
		for c := range counter.Count {
			if ok && c.String() == column {
				found = true
				all = append(all, fmt.Sprintf("%s=%d", name, s.stats.Total(at, c)))
			}
		}
		if !found {
			s.fatal("there is no counter %s", name)
		}
	}
	return strings.Join(all, " ")
}

// states are those of all sessions.
func (s *scene) states() string {
	var all []string
	for _, x := range s.proxy.sessions.All() {
		if x.state != closed {
			all = append(all, x.state.String())
		}
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, " ")
}
