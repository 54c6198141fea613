//go:build linux

package tests

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// people are clients of login servers, half of them with names, which they tell once for each connection.
type people struct {
	addr    string
	stop    chan struct{}
	running sync.WaitGroup
	mayFail atomic.Bool // workers are being killed
	known   atomic.Int64
	nobody  atomic.Int64
	entries atomic.Int64 // handshakes that the clients have completed
	cut     atomic.Int64 // connections that were broken

	mu       sync.Mutex
	failures []string // guarded by mu
}

// gather starts n people, who ask until they leave.
func gather(t *testing.T, addr string, n int) *people {
	t.Helper()
	p := &people{addr: addr, stop: make(chan struct{})}
	for i := range n {
		switch i % 4 {
		case 0:
			p.running.Go(func() { p.comes(fmt.Sprintf("user%d", i), "NTLM") })
		case 1:
			p.running.Go(func() { p.comes(fmt.Sprintf("user%d", i), "Negotiate") })
		default:
			p.running.Go(func() { p.comes("", "") })
		}
	}
	t.Cleanup(p.leave)
	return p
}

func (p *people) leave() {
	if !p.gone() {
		close(p.stop)
	}
	p.running.Wait()
}

func (p *people) gone() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// comes opens one connection after the other, each when the one before is over.
func (p *people) comes(user, scheme string) {
	for !p.gone() {
		err := p.visit(user, scheme)
		switch {
		case errors.Is(err, errServed):
		case err != nil && p.mayFail.Load():
			p.cut.Add(1)
			continue
		}
		if err != nil {
			p.mu.Lock()
			p.failures = append(p.failures, fmt.Sprintf("%q: %v", user, err))
			p.mu.Unlock()
			return
		}
	}
}

// errServed is an answer that somebody should not have got, which nothing excuses.
var errServed = errors.New("wrong answer")

// visit is one connection of a user's; "" is nobody.
func (p *people) visit(user, scheme string) error {
	conn, err := net.DialTimeout("tcp", p.addr, settle)
	if err != nil {
		return err
	}
	defer conn.Close()
	v := &caller{conn: conn, in: bufio.NewReader(conn)}
	if user != "" {
		if over, err := v.enter(user, scheme); over || err != nil {
			return err
		}
		p.entries.Add(1)
	}
	for i := 0; !v.over && !p.gone(); i++ {
		want, count := "200 "+user, &p.known
		if user == "" {
			want, count = "401 ", &p.nobody
		}
		if err := v.asks("", want); err != nil {
			return err
		}
		count.Add(1)
		if user == "" && i%8 == 7 { // others may find what this connection leaves
			return nil
		}
	}
	return nil
}

// caller is one connection of a client's.
type caller struct {
	conn      net.Conn
	in        *bufio.Reader
	challenge string // of the last answer
	over      bool   // the last answer was the last one
}

// enter tells a server who the user is. It may be over before it has begun, but not between challenge and answer.
func (v *caller) enter(user, scheme string) (over bool, err error) {
	if err := v.asks("", "401 "); err != nil || v.over {
		return v.over, err
	}
	if err := v.asks(scheme+" 1", "401 "); err != nil {
		return false, err
	}
	if v.over {
		return true, fmt.Errorf("%w: the connection ends in the middle of a handshake", errServed)
	}
	return false, v.asks(v.challenge+" "+user, "200 "+user)
}

// asks sends a request and compares its answer.
func (v *caller) asks(credentials, want string) error {
	if err := v.conn.SetDeadline(time.Now().Add(settle)); err != nil {
		return err
	}
	fields := ""
	if credentials != "" {
		fields = "Authorization: " + credentials + "\r\n"
	}
	if _, err := io.WriteString(v.conn, "GET / HTTP/1.1\r\nHost: a\r\n"+fields+"\r\n"); err != nil {
		return err
	}
	r, err := http.ReadResponse(v.in, nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	v.over = r.Close
	v.challenge = r.Header.Get("WWW-Authenticate")
	if got := fmt.Sprintf("%d %s", r.StatusCode, body); got != want {
		return fmt.Errorf("%w: %q to %q, want %q", errServed, got, credentials, want)
	}
	return nil
}

// progress waits until everybody could have been served some times.
func (p *people) progress(t *testing.T) {
	t.Helper()
	known, nobody := p.known.Load()+200, p.nobody.Load()+200
	if !soon(func() bool { return p.known.Load() > known && p.nobody.Load() > nobody || len(p.failed()) > 0 }) {
		t.Fatalf("nobody is served any more: %d, %d", p.known.Load(), p.nobody.Load())
	}
}

func (p *people) failed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.failures)
}

// check fails the test when somebody was served as another, or forgotten.
func (p *people) check(t *testing.T, servers []*login) {
	t.Helper()
	var handshakes, strays int64
	for _, s := range servers {
		handshakes += s.handshakes.Load()
		strays += s.strays.Load()
	}
	t.Logf("served: %d known, %d nobody; %d handshakes, %d connections broken", p.known.Load(), p.nobody.Load(), handshakes, p.cut.Load())
	if failures := p.failed(); len(failures) > 0 {
		t.Errorf("%d failures:\n%s", len(failures), strings.Join(failures, "\n"))
	}
	if entries := p.entries.Load(); handshakes < entries || handshakes > entries+p.cut.Load() || strays > 0 {
		t.Errorf("%d handshakes with the servers, %d elsewhere; the clients completed %d, and %d connections were broken",
			handshakes, strays, entries, p.cut.Load())
	}
}

// newLoginSite starts n servers that know their users by the connections.
func newLoginSite(t *testing.T, n int) (site, []*login) {
	t.Helper()
	s := site{place: newPlace(t)}
	var servers []*login
	for i := range n {
		name := string(rune('a' + i))
		servers = append(servers, startLogin(t, name, s.place.server(i)))
		s.servers = append(s.servers, target{name, s.place.server(i), ""})
	}
	return s, servers
}

// Nobody is ever served as another, whatever becomes of the processes between clients and servers; and who has told a name once
// is known as long as the connection lasts.
func TestIdentities(t *testing.T) {
	t.Parallel()
	const clients, named = 8, 4
	s, servers := newLoginSite(t, 2)
	s.workers = 2
	inst := startInstance(t, s)
	p := gather(t, s.place.front(), clients)
	p.progress(t)
	if n := p.entries.Load(); n != named {
		t.Errorf("%d handshakes, want one of each of the %d users", n, named)
	}
	for range 3 {
		inst.upgrade()
		p.progress(t)
	}
	if n := p.cut.Load(); n > 0 {
		t.Errorf("%d connections were broken by upgrades", n)
	}
	p.mayFail.Store(true)
	const kills = 2
	for range kills {
		victim := inst.workersNow()[0]
		if err := rig.Kill(victim, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		inst.upgrade()
		if !soon(func() bool { now := inst.workersNow(); return len(now) >= 2 && !slices.Contains(now, victim) }) {
			t.Fatalf("workers %v without %d", inst.workersNow(), victim)
		}
		p.progress(t)
	}
	p.leave()
	p.check(t, servers)
	if n := p.cut.Load(); n > kills*clients {
		t.Errorf("%d connections were broken by the death of %d workers with %d clients", n, kills, clients)
	}
}

// workersNow are the workers of all generations.
func (inst *instance) workersNow() []int {
	return slices.DeleteFunc(inst.processes(), func(pid int) bool { return !strings.HasPrefix(rig.Cmdline(pid), "lbmaster: worker") })
}

// The same people in front of HAProxy, which shares connections as we do.
func TestIdentitiesOfThePeer(t *testing.T) {
	t.Parallel()
	haproxy := program(t, "haproxy")
	s, servers := newLoginSite(t, 2)
	conf := fmt.Sprintf(`defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen web
  bind %s
  http-reuse always
  server a %s
  server b %s
`, s.place.front(), s.place.server(0), s.place.server(1))
	r, err := rig.StartHAProxy(haproxy, t.TempDir(), conf, s.place.front())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, r) })
	p := gather(t, s.place.front(), 8)
	p.progress(t)
	p.leave()
	p.check(t, servers)
}
