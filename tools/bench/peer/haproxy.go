//go:build linux

package peer

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"lbmaster/tools/rig"
)

// HAProxy is Debian's, or the one that the environment variable HAPROXY names.
func HAProxy(installer *rig.Installer) (*Peer, error) {
	program := os.Getenv("HAPROXY")
	if program == "" {
		var err error
		if program, err = installer.Need("haproxy"); err != nil {
			return nil, err
		}
	}
	return &Peer{
		Name: "haproxy", Signal: syscall.SIGUSR2, program: program, argv: haproxyArgv, version: []string{"-v"},
		conf: func(s Setup, _ string) string { return s.haproxyConf("") },
	}, nil
}

// Deferring is HAProxy told to accept connections with their first bytes only, as lbmaster does in mode http.
func Deferring(haproxy *Peer) *Peer {
	p := *haproxy
	p.Name = "haproxy-defer"
	p.conf = func(s Setup, _ string) string {
		return strings.ReplaceAll(s.haproxyConf(""), "  bind "+s.Addr, "  bind "+s.Addr+" defer-accept")
	}
	return &p
}

// Splicing is HAProxy told to splice what it relays, which is not always the better way.
func Splicing(haproxy *Peer) *Peer {
	p := *haproxy
	p.Name = "haproxy-splice"
	p.conf = func(s Setup, _ string) string { return s.haproxyConf("  option splice-auto\n") }
	return &p
}

func haproxyArgv(program, file string, s Setup) []string {
	how := "-db"
	if s.Upgrades {
		how = "-W"
	}
	return []string{program, how, "-f", file}
}

// haproxyConf does not insist on descriptors for as many connections to servers as there may be clients: idle clients need
// none. It shares idle connections to servers among all clients, as lbmaster always does.
func (s Setup) haproxyConf(more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global\n  nbthread %d\n  maxconn %d\n  no strict-limits\n", s.workers(), s.maxConn())
	if s.Log != "" {
		fmt.Fprintf(&b, "  log %s local0 info\n", s.Log)
	}
	fmt.Fprintf(&b, "defaults\n  mode %s\n  timeout connect 5s\n  timeout client 300s\n  timeout server 300s\n  maxconn %d\n%s", s.mode(), s.maxConn(), more)
	b.WriteString(s.haproxyOptions())
	for i := range s.Frontends + 1 {
		fmt.Fprintf(&b, "listen web%d\n  bind %s\n  balance roundrobin\n", i, s.port(i))
		switch s.Cookie {
		case "insert":
			fmt.Fprintf(&b, "  cookie %s insert indirect\n", Inserted)
		case "prefix":
			fmt.Fprintf(&b, "  cookie %s prefix\n", Application)
		}
		for k, addr := range s.Servers {
			fmt.Fprintf(&b, "  server %s %s", name(k), addr)
			if s.Cookie != "" {
				fmt.Fprintf(&b, " cookie %s", name(k))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (s Setup) haproxyOptions() string {
	var b strings.Builder
	switch {
	case s.TCP:
	case s.Close:
		b.WriteString("  option httpclose\n")
	default:
		b.WriteString("  option http-keep-alive\n  http-reuse always\n")
	}
	if s.ForwardFor {
		b.WriteString("  option forwardfor\n")
	}
	if s.Log != "" {
		b.WriteString("  log global\n  option httplog\n")
	}
	return b.String()
}
