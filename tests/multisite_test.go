//go:build linux

package tests

import (
	"strings"
	"testing"
)

// The guide, section 5.5: the WAN link of site 1 dies and comes back.
func TestSitesWithoutWAN(t *testing.T) {
	t.Parallel()
	s := newSites(t)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	old.has("SITE1")
	for range 4 { // the second load balancer gets only who has no cookie yet
		old.goesOn("OP1 SD1 S1L1 " + old.app())
	}

	s.wan["SD1"].cut()
	s.at("OP1").board.down("SD1")
	old.goesOn("OP1 SD2 S1L1 " + old.app()) // the link between the sites
	fresh := s.comes("OP1", "456", "^OP1 SD2 S2L[12] W2[1-4]$")
	fresh.has("SITE2")
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())

	s.wan["SD1"].restore()
	s.at("OP1").board.up("SD1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app()) // does not switch again
	s.comes("OP1", "789", "^OP1 SD1 S1L[12] W1[1-4]$").has("SITE1")
}

// The guide, sections 5.4.1 and 5.5: users on the production sites connect to the directors, which know the way to the
// other site.
func TestSitesFromInside(t *testing.T) {
	t.Parallel()
	s := newSites(t)
	one := s.comes("SD1", "123", "^SD1 S1L[12] W1[1-4]$")
	one.has("SITE1")
	two := s.comes("SD2", "456", "^SD2 S2L[12] W2[1-4]$")
	two.has("SITE2")
	one.goesOn("SD1 S1L1 " + one.app())
	two.goesOn("SD2 S2L1 " + two.app())
	one.door, two.door = "SD2", "SD1" // they travel
	one.goesOn("SD2 S1L1 " + one.app())
	two.goesOn("SD1 S2L1 " + two.app())
	// The application knows from where they come: SD tells its client, and behind it the load balancer its own.
	a := two.asks("/headers", "^SD1 S2L1 "+two.app()+"$")
	if got := strings.Count(a.body, "X-Forwarded-For: "); got != 2 || !strings.Contains(a.body, "X-Forwarded-For: "+two.from()+"\r\n") {
		t.Errorf("the application got %q from %s", a.body, two.from())
	}
}

// The guide, section 5.4.3: a director without load balancers of its own sends everybody to the other site, and says so in
// the cookie, so that the office goes there directly.
func TestSiteWithoutApplication(t *testing.T) {
	t.Parallel()
	s := newSites(t)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	s.at("SD1").board.down("S1L1", "S1L2")
	fresh := s.comes("OP1", "456", "^OP1 SD1 S2L1 W2[1-4]$")
	fresh.has("SITE2")
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())

	old.asks("/set-cookie/JSESSIONID/123", "^OP1 SD1 S2L1 W2[1-4]$") // whose session is lost with site 1
	old.has("SITE2")
	old.goesOn("OP1 SD2 S2L1 " + old.app())

	s.wan["SD2"].cut() // the office cannot reach site 2, but site 1 can
	s.at("OP1").board.down("SD2")
	fresh.goesOn("OP1 SD1 S2L1 " + fresh.app())
	s.wan["SD2"].restore()
	s.at("OP1").board.up("SD2")

	s.at("SD1").board.up("S1L1", "S1L2")
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())
	old.goesOn("OP1 SD2 S2L1 " + old.app())
	s.comes("OP1", "789", "^OP1 SD1 S1L[12] W1[1-4]$").has("SITE1")
}

// The guide, section 5.4.4: load balancers of one site share a cookie, and each has soft stop of its servers.
func TestSiteLosesALoadBalancer(t *testing.T) {
	t.Parallel()
	s := newSites(t)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	s.at("SD1").board.down("S1L1")
	old.goesOn("OP1 SD1 S1L2 " + old.app())
	s.comes("OP1", "456", "^OP1 SD1 S1L2 W1[1-4]$").has("SITE1")
	s.at("SD1").board.up("S1L1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())

	number := old.app()[1:]
	s.at("S1L1").board.down("W" + number)
	old.goesOn("OP1 SD1 S1L1 " + old.app()) // by way of the twin, B
	s.at("S1L1").board.down("B" + number)
	gone := old.app()
	old.asks("/set-cookie/JSESSIONID/124", "^OP1 SD1 S1L1 W1[1-4]$")
	if old.session = "124"; old.app() == gone {
		t.Errorf("still on %s, which is down", gone)
	}
	old.has("SITE1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())
}
