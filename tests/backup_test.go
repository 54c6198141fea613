//go:build linux

package tests

import (
	"slices"
	"strings"
	"testing"

	"lbmaster/shared/status"
)

// newBackupSite runs a site of two servers, webA and webB, and two backup servers, webC and webD.
func newBackupSite(t *testing.T, lines string) (*balancer, *board) {
	t.Helper()
	s, _ := newSite(t, 4)
	s.listen = insertCookie + "\n" + lines
	for i := range s.servers[2:] {
		s.servers[2+i].extra += "\nbackup = true"
	}
	b := s.run(t)
	return b, b.board()
}

// spread sends requests without a cookie and tells who answers, sorted: "AABB", with 503 as "-".
func (b *balancer) spread(n int) string {
	b.t.Helper()
	var who []string
	for range n {
		a, err := dial(b.t, b.place.front()).try("")
		if err != nil {
			b.t.Fatal(err)
		}
		letter := strings.TrimPrefix(a.server(), "web")
		if a.StatusCode == 503 {
			letter = "-"
		}
		who = append(who, letter)
	}
	slices.Sort(who)
	return strings.Join(who, "")
}

// try sends a GET, with a cookie if there is a value.
func (c *raw) try(cookie string) (answer, error) {
	c.t.Helper()
	if cookie == "" {
		c.send(plainGet)
	} else {
		c.send(withCookie(cookie))
	}
	return c.read("GET")
}

// Backup servers get nothing as long as another server is up; then the first that is up gets everything, or with allbackups
// all of them their share.
func TestBackups(t *testing.T) {
	t.Parallel()
	first, states1 := newBackupSite(t, "")
	all, states2 := newBackupSite(t, "allbackups = true")
	for _, tt := range []struct {
		b          *balancer
		board      *board
		down, want string
	}{
		{first, states1, "", "AABB"},
		{first, states1, "webA", "BBBB"},
		{first, states1, "webA webB", "CCCC"},
		{first, states1, "webA webB webC", "DDDD"},
		{first, states1, "webC webD", "AABB"},
		{first, states1, "webA webB webC webD", "----"},
		{all, states2, "", "AABB"},
		{all, states2, "webB", "AAAA"},
		{all, states2, "webA webB", "CCDD"},
		{all, states2, "webA webB webD", "CCCC"},
		{all, states2, "webA webB webC webD", "----"},
	} {
		tt.board.down(strings.Fields(tt.down)...)
		if got := tt.b.spread(4); got != tt.want {
			t.Errorf("without %s: %s, want %s", or(tt.down, "nobody"), got, tt.want)
		}
		tt.board.up("webA", "webB", "webC", "webD")
		if got := tt.b.spread(4); got != "AABB" {
			t.Errorf("after %s have come back: %s", or(tt.down, "nobody"), got)
		}
	}
}

// A cookie beats the balance: it reaches a backup server too, but no server that is down or in maintenance.
func TestCookiesAndStates(t *testing.T) {
	t.Parallel()
	b, board := newBackupSite(t, "")
	expect := func(when, cookie, want string) {
		t.Helper()
		a, err := dial(t, b.place.front()).try(cookie)
		if err != nil {
			t.Fatal(err)
		}
		letter := strings.TrimPrefix(a.server(), "web")
		if set, _ := a.cookie("SERVERID"); !strings.Contains(want, letter) || (set != "") != (letter != cookie) {
			t.Errorf("%s: cookie %s was answered by %s, which set %q; want one of %s", when, cookie, letter, set, want)
		}
	}
	expect("all are up", "A", "A")
	expect("all are up", "C", "C")
	board.admin(status.Drain, "webA")
	expect("webA drains", "A", "A")
	if got := b.spread(4); got != "BBBB" {
		t.Errorf("webA drains: new clients went to %s", got)
	}
	board.admin(status.Maint, "webA")
	expect("webA is in maintenance", "A", "B")
	board.admin(status.Ready, "webA")
	expect("webA is ready", "A", "A")
	board.down("webC")
	expect("webC is down", "C", "AB")
	board.down("webA", "webB")
	expect("only webD is up", "A", "D")
}

// Of several servers that share a cookie value, the first that is up is the client's, in the order of declaration. With
// persist it is the first, up or not, and only a redispatch gets away from it.
func TestSharedCookies(t *testing.T) {
	t.Parallel()
	share := func(lines string) (*balancer, *board) {
		s, _ := newSite(t, 4)
		s.listen = insertCookie + "\n" + lines
		for i := range s.servers[:3] {
			s.servers[i].extra = cookieOf("shared")
		}
		s.servers[2].extra += "\nbackup = true"
		b := s.run(t)
		return b, b.board()
	}
	first, states1 := share("")
	firm, states2 := share("persist = true")
	for _, tt := range []struct {
		b          *balancer
		board      *board
		down, want string
	}{
		{first, states1, "", "webA"},
		{first, states1, "webA", "webB"},
		{first, states1, "webA webB", "webC"},
		{first, states1, "webA webB webC", "webD"},
		{firm, states2, "webA", "webA"},
		{firm, states2, "webA webB webC", "webA"},
	} {
		tt.board.down(strings.Fields(tt.down)...)
		for range 3 {
			if a, err := dial(t, tt.b.place.front()).try("shared"); err != nil || a.server() != tt.want {
				t.Errorf("without %s: answered by %s, %v, want %s", or(tt.down, "nobody"), a.server(), err, tt.want)
			}
		}
		tt.board.up("webA", "webB", "webC", "webD")
	}
}

// A backup server that is declared before the server whose cookie it shares is found first.
func TestSharedCookieOfABackupThatComesFirst(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 2)
	s.listen = insertCookie
	s.servers[0].extra, s.servers[1].extra = cookieOf("A")+"\nbackup = true", cookieOf("A")
	b := s.run(t)
	if a, err := dial(t, s.place.front()).try("A"); err != nil || a.server() != "webA" {
		t.Errorf("answered by %s, %v, want webA", a.server(), err)
	}
	if got := b.spread(3); got != "BBB" {
		t.Errorf("new clients went to %s, want B", got)
	}
}
