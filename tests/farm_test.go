//go:build linux

package tests

import (
	"strings"
	"testing"
)

// webfarm is the guide's: LB1 with the servers webA to webD, whose cookie values are their letters.
type webfarm struct {
	*balancer
	board   *board
	origins map[string]*origin // by letter
	now     string             // what has happened, for messages
}

// newWebfarm runs one of the guide's configurations of the farm, on two workers, with pairs of its text replaced.
func newWebfarm(t *testing.T, name string, pairs ...string) *webfarm {
	t.Helper()
	p := newPlace(t)
	f := &webfarm{origins: make(map[string]*origin)}
	for i, letter := range []string{"A", "B", "C", "D"} {
		f.origins[letter] = startOrigin(t, "web"+letter, p.server(i))
	}
	f.balancer = launch(t, p, example(t, name, 2, and(append(farm(p), pairs...), `"192.168.1.1:80"`, quoted(p.front()))...))
	f.awaitReady()
	f.board = f.balancer.board()
	return f
}

// at says what has happened.
func (f *webfarm) at(now string) { f.now = now }

// stop and start are what init scripts do on a server.
func (f *webfarm) stop(letter string) { f.origins[letter].Close() }

func (f *webfarm) start(letter string, missing ...string) {
	f.t.Helper()
	f.origins[letter] = startOrigin(f.t, "web"+letter, f.origins[letter].addr, missing...)
}

// newcomers sends n requests without a cookie, each over its own connection, and counts the servers that answered. Each
// answer must bring the cookie of its server.
func (f *webfarm) newcomers(n int) map[string]int {
	f.t.Helper()
	count := make(map[string]int)
	for range n {
		a := dial(f.t, f.place.front()).get("/", 200, "Connection: close")
		letter := strings.TrimPrefix(a.server(), "web")
		if got, _ := a.cookie("SERVERID"); got != letter {
			f.t.Errorf("%s: %s answered a new client with cookie %q", f.now, a.server(), got)
		}
		count[letter]++
	}
	return count
}

// newcomersGoTo proves that new clients are spread over exactly these servers, evenly.
func (f *webfarm) newcomersGoTo(letters string) {
	f.t.Helper()
	const each, workers = 8, 2
	count := f.newcomers(each * len(letters))
	for letter := range f.origins {
		got, want := count[letter], 0
		if strings.Contains(letters, letter) {
			want = each
		}
		if got < want-workers || got > want+workers || want == 0 && got > 0 {
			f.t.Errorf("%s: %d of %d new clients went to %s, want %d; all: %v", f.now, got, each*len(letters), letter, want, count)
		}
	}
}

// staysOn proves that a client with this cookie is served by its server, time and again, and keeps its cookie.
func (f *webfarm) staysOn(letter string) {
	f.t.Helper()
	for range 8 {
		a := dial(f.t, f.place.front()).get("/", 200, "Cookie: SERVERID="+letter, "Connection: close")
		if a.server() != "web"+letter || a.Header["Set-Cookie"] != nil {
			f.t.Errorf("%s: cookie %s was answered by %s with Set-Cookie %q", f.now, letter, a.server(), a.Header["Set-Cookie"])
		}
	}
}

// moves proves that a client with this cookie is served by another server, and is given its cookie.
func (f *webfarm) moves(letter string) {
	f.t.Helper()
	a := dial(f.t, f.place.front()).get("/", 200, "Cookie: SERVERID="+letter, "Connection: close")
	now := strings.TrimPrefix(a.server(), "web")
	if got, _ := a.cookie("SERVERID"); now == letter || got != now {
		f.t.Errorf("%s: cookie %s was answered by %s, with cookie %q", f.now, letter, a.server(), got)
	}
	f.staysOn(now)
}
