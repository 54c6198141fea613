//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
)

// site describes a configuration with one listen section, "web", on the front address of its place.
type site struct {
	place   place
	mode    string // "": http
	workers int    // 0: 1
	global  string // further lines of [global]
	timeout string // the timeout table; "": patient ones
	listen  string // further lines of [listen.web]
	bind    string // "": the front address
	servers []target
	tail    string // further sections
	socket  string // of the runtime interface; see withAdmin
}

// target is one server line.
type target struct {
	name, address string
	extra         string // further lines
}

const patient = `{ connect = "5s", client = "30s", server = "30s", check = "5s" }`

// text returns the configuration file.
func (s site) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[global]\nworkers = %d\n%s\n", max(1, s.workers), s.global)
	fmt.Fprintf(&b, "[listen.web]\nbind = [%q]\nmode = %q\nbalance = \"roundrobin\"\n", or(s.bind, s.place.front()), or(s.mode, "http"))
	fmt.Fprintf(&b, "timeout = %s\n%s\n", or(s.timeout, patient), s.listen)
	for _, t := range s.servers {
		fmt.Fprintf(&b, "[[listen.web.server]]\nname = %q\naddress = %q\n%s\n", t.name, t.address, t.extra)
	}
	b.WriteString(s.tail)
	return b.String()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// insertCookie is the persistence of the guide's section 1, and cookieOf the server's part of it.
const insertCookie = `cookie = { name = "SERVERID", mode = "insert", indirect = true }`

func cookieOf(value string) string { return fmt.Sprintf("cookie = %q", value) }

// newSite starts n servers, webA, webB and so on, each with its letter as cookie value, and describes a site of them.
func newSite(t *testing.T, n int) (site, []*origin) {
	t.Helper()
	s := site{place: newPlace(t)}
	var origins []*origin
	for i := range n {
		letter := string(rune('A' + i))
		origins = append(origins, startOrigin(t, "web"+letter, s.place.server(i)))
		s.servers = append(s.servers, target{"web" + letter, s.place.server(i), cookieOf(letter)})
	}
	return s, origins
}

// rows lists what is said about each server, for messages.
func rows(origins []*origin) string {
	var b strings.Builder
	for _, o := range origins {
		fmt.Fprintf(&b, "%+v\n", o.Stats())
	}
	return b.String()
}
