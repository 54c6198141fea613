//go:build linux

package tests

import (
	"fmt"
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

// spread sends requests without a cookie and tells who answers, in order: "AABB".
func (b *balancer) spread(n int) string {
	b.t.Helper()
	var who strings.Builder
	for range n {
		a, err := dial(b.t, b.place.front()).try("")
		if err != nil {
			b.t.Fatal(err)
		}
		who.WriteString(or(strings.TrimPrefix(a.server(), "web"), fmt.Sprint(a.StatusCode)) + " ")
	}
	return strings.TrimSpace(who.String())
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
	for _, tt := range []struct{ lines, down, want string }{
		{"", "", "A B A B"},
		{"", "webA", "B B B B"},
		{"", "webA webB", "C C C C"},
		{"", "webA webB webC", "D D D D"},
		{"", "webC webD", "A B A B"},
		{"", "webA webB webC webD", "503 503 503 503"},
		{"allbackups = true", "", "A B A B"},
		{"allbackups = true", "webB", "A A A A"},
		{"allbackups = true", "webA webB", "C D C D"},
		{"allbackups = true", "webA webB webD", "C C C C"},
	} {
		t.Run(tt.lines+" without "+tt.down, func(t *testing.T) {
			t.Parallel()
			b, board := newBackupSite(t, tt.lines)
			board.down(strings.Fields(tt.down)...)
			if got := b.spread(4); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			board.up("webA", "webB", "webC", "webD")
			if got := b.spread(8); strings.ContainsAny(got, "CD5") || strings.Count(got, "A") != strings.Count(got, "B") {
				t.Errorf("after all is well again: %s, want only A and B, evenly", got)
			}
		})
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
	if got := b.spread(4); got != "B B B B" {
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
	for _, tt := range []struct{ name, lines, down, want string }{
		{"first", "", "", "A"},
		{"second", "", "webA", "B"},
		{"backup", "", "webA webB", "C"},
		{"none", "", "webA webB webC", "D"},
		{"persist", "persist = true", "webA", "A"},
		{"persist all down", "persist = true", "webA webB webC", "A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSite(t, 4)
			s.listen = insertCookie + "\n" + tt.lines
			for i := range s.servers[:3] {
				s.servers[i].extra = cookieOf("shared")
			}
			s.servers[2].extra += "\nbackup = true"
			b := s.run(t)
			b.board().down(strings.Fields(tt.down)...)
			for range 3 {
				if a, err := dial(t, s.place.front()).try("shared"); err != nil || a.server() != "web"+tt.want {
					t.Errorf("answered by %s, %v, want web%s", a.server(), err, tt.want)
				}
			}
		})
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
	if got := b.spread(3); got != "B B B" {
		t.Errorf("new clients went to %s, want B", got)
	}
}
