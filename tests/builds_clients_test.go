//go:build linux

package tests

import (
	"fmt"
	"slices"
	"strings"
)

// askEverybody has everybody who is connected say something, on the connection that there was from the start, and hear it from the server that
// answered from the start. Who comes now gets to a server that takes him.
func (x *betweenBuilds) askEverybody() {
	x.t.Helper()
	for _, g := range x.idle {
		a := g.get(g.path, 200, "Cookie: SERVERID="+strings.TrimPrefix(g.server, "web"))
		if a.server() != g.server || a.Close {
			x.errorf("an idle client of %s is answered by %s; the connection ends: %v", g.server, a.server(), a.Close)
		}
	}
	x.asked += int64(len(x.idle) - narrowIdle)
	for _, s := range x.longLived {
		for _, c := range s.lines {
			line := fmt.Sprintf("from generation %d in generation %d\n", s.generation, x.number)
			c.send(line)
			c.expect(line)
		}
	}
	for _, cookie := range []string{"", "", "", "C", "D"} {
		takers := []string{"webA", "webB"}
		for i, state := range x.states {
			if name := x.origins[2+i].name; state == "DRAIN" && name == "web"+cookie {
				takers = []string{name}
			}
		}
		c := x.call()
		a := c.get("/", 200, "Cookie: SERVERID="+cookie)
		c.Close()
		x.asked++
		if !slices.Contains(takers, a.server()) {
			x.errorf("a client with the cookie %q gets to %s instead of %v", cookie, a.server(), takers)
		}
	}
}

// sayNonsense says what nobody understands, so that there are errors to be counted.
func (x *betweenBuilds) sayNonsense() {
	x.t.Helper()
	c := x.call()
	c.send("GET / HTTP/1.1\r\n\r\n") // without Host
	if a := c.answer("GET"); a.StatusCode != 400 {
		x.errorf("status %d for a bad request", a.StatusCode)
	}
	c.Close()
	x.refused++
}
