//go:build linux

package tests

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// The guide, section 5.5: the WAN link of site 1 dies and comes back.
func TestSitesWithoutWAN(t *testing.T) { inBothLanguages(t, playSitesWithoutWAN) }

func playSitesWithoutWAN(t *testing.T, ending string) {
	s := newSites(t, ending, false)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	old.has("SITE1")
	for range 4 { // the second load balancer gets only who has no cookie yet
		old.goesOn("OP1 SD1 S1L1 " + old.app())
	}

	s.wan["SD1"].cut()
	s.nodes["OP1"].board.down("SD1")
	old.goesOn("OP1 SD2 S1L1 " + old.app()) // the link between the sites
	fresh := s.comes("OP1", "456", "^OP1 SD2 S2L[12] W2[1-4]$")
	fresh.has("SITE2")
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())

	s.wan["SD1"].restore()
	s.nodes["OP1"].board.up("SD1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app()) // does not switch again
	s.comes("OP1", "789", "^OP1 SD1 S1L[12] W1[1-4]$").has("SITE1")
}

// The guide, sections 5.4.1 and 5.5: users on the production sites connect to the directors, which know the way to the
// other site.
func TestSitesFromInside(t *testing.T) { inBothLanguages(t, playSitesFromInside) }

func playSitesFromInside(t *testing.T, ending string) {
	s := newSites(t, ending, false)
	one := s.comes("SD1", "123", "^SD1 S1L[12] W1[1-4]$")
	one.has("SITE1")
	two := s.comes("SD2", "456", "^SD2 S2L[12] W2[1-4]$")
	two.has("SITE2")
	one.goesOn("SD1 S1L1 " + one.app())
	two.goesOn("SD2 S2L1 " + two.app())
	one.node, two.node = "SD2", "SD1" // they travel
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
func TestSiteWithoutApplication(t *testing.T) { inBothLanguages(t, playSiteWithoutApplication) }

func playSiteWithoutApplication(t *testing.T, ending string) {
	s := newSites(t, ending, false)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	s.nodes["SD1"].board.down("S1L1", "S1L2")
	fresh := s.comes("OP1", "456", "^OP1 SD1 S2L1 W2[1-4]$")
	fresh.has("SITE2")
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())

	old.asks("/set-cookie/JSESSIONID/123", "^OP1 SD1 S2L1 W2[1-4]$") // whose session is lost with site 1
	old.has("SITE2")
	old.goesOn("OP1 SD2 S2L1 " + old.app())

	s.wan["SD2"].cut() // the office cannot reach site 2, but site 1 can
	s.nodes["OP1"].board.down("SD2")
	fresh.goesOn("OP1 SD1 S2L1 " + fresh.app())
	s.wan["SD2"].restore()
	s.nodes["OP1"].board.up("SD2")

	s.nodes["SD1"].board.up("S1L1", "S1L2")
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())
	old.goesOn("OP1 SD2 S2L1 " + old.app())
	s.comes("OP1", "789", "^OP1 SD1 S1L[12] W1[1-4]$").has("SITE1")
}

// The guide, section 5.4.4: load balancers of one site share a cookie, and each has soft stop of its servers.
func TestSiteLosesALoadBalancer(t *testing.T) { inBothLanguages(t, playSiteLosesALoadBalancer) }

func playSiteLosesALoadBalancer(t *testing.T, ending string) {
	s := newSites(t, ending, false)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	s.nodes["SD1"].board.down("S1L1")
	old.goesOn("OP1 SD1 S1L2 " + old.app())
	s.comes("OP1", "456", "^OP1 SD1 S1L2 W1[1-4]$").has("SITE1")
	s.nodes["SD1"].board.up("S1L1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())

	number := old.app()[1:]
	s.nodes["S1L1"].board.down("W" + number)
	old.goesOn("OP1 SD1 S1L1 B" + number) // the same server by the name of its twin
	s.nodes["S1L1"].board.down("B" + number)
	gone := old.app()
	old.asks("/set-cookie/JSESSIONID/124", "^OP1 SD1 S1L1 W1[1-4]$")
	if old.session = "124"; old.app() == gone {
		t.Errorf("still on %s, which is down", gone)
	}
	old.has("SITE1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())
}

// The guide, section 5, with nothing but checks: a WAN link that is cut, a load balancer that is stopped softly (which ends
// its port for checks at once, and its service after a grace), and a server that is taken out of service.
func TestSitesThatCheck(t *testing.T) { inBothLanguages(t, playSitesThatCheck) }

func playSitesThatCheck(t *testing.T, ending string) {
	s := newSites(t, ending, true)
	old := s.comes("OP1", "123", "^OP1 SD1 S1L[12] W1[1-4]$")
	s.wan["SD1"].cut()
	s.nodes["OP1"].board.awaitDown("SD1")
	old.goesOn("OP1 SD2 S1L1 " + old.app())
	fresh := s.comes("OP1", "456", "^OP1 SD2 S2L[12] W2[1-4]$")
	s.wan["SD1"].restore()
	s.nodes["OP1"].board.awaitUp("SD1")
	old.goesOn("OP1 SD1 S1L1 " + old.app())
	fresh.goesOn("OP1 SD2 S2L1 " + fresh.app())

	s.redirect[old.app()].cut()
	number := old.app()[1:]
	for _, n := range []string{"S1L1", "S1L2"} {
		s.nodes[n].board.awaitDown("W" + number)
	}
	old.goesOn("OP1 SD1 S1L1 B" + number)

	leaving := s.nodes["S1L1"]
	begin := time.Now()
	leaving.signal(syscall.SIGUSR1)
	for _, d := range []string{"SD1", "SD2"} {
		s.nodes[d].board.awaitDown("S1L1")
	}
	dial(t, leaving.place.front()).get("/", 200) // it serves those who have not heard of it yet
	old.goesOn("OP1 SD1 S1L2 B" + number)
	leaving.exits(settle, 0)
	within(t, begin, 4*time.Second, 2*settle)
	s.start("S1L1")
	s.nodes["S1L1"].board.awaitDown("W" + number) // it begins with all servers up
	s.nodes["SD1"].board.awaitUp("S1L1")
	old.goesOn("OP1 SD1 S1L1 B" + number)
	s.redirect[old.app()].restore()
	s.nodes["S1L1"].board.awaitUp("W" + number)
	old.goesOn("OP1 SD1 S1L1 " + old.app())
}
