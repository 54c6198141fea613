//go:build linux

package peer

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Lbmaster is the one that is measured.
func Lbmaster(program string) *Peer {
	return &Peer{
		Name: "lbmaster", Signal: syscall.SIGUSR2, program: program, conf: lbmasterConf, version: []string{"-v"},
		argv: func(program, file string, _ Setup) []string { return []string{program, "-c", file} },
	}
}

// Before is the name of a second lbmaster, from before a change.
const Before = "lbmaster-before"

// LbmasterBefore is that one.
func LbmasterBefore(program string) *Peer {
	p := Lbmaster(program)
	p.Name = Before
	return p
}

func lbmasterConf(s Setup, _ string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[global]\nworkers = %d\nmaxconn = %d\n", s.workers(), s.maxConn())
	if s.Log != "" {
		fmt.Fprintf(&b, "log = [\"%s local0 info\"]\n", s.Log)
	}
	for i := range s.Frontends + 1 {
		s.lbmasterListen(&b, i)
	}
	return b.String()
}

func (s Setup) lbmasterListen(b *strings.Builder, i int) {
	fmt.Fprintf(b, "[listen.web%d]\nbind = [%q]\nmode = %q\nmaxconn = %d\n", i, s.port(i), s.mode(), s.maxConn())
	fmt.Fprintf(b, "timeout = { connect = \"5s\", client = \"300s\", server = \"300s\" }\n")
	if !s.TCP {
		fmt.Fprintf(b, "httpclose = %v\nforwardfor = %v\n", s.Close, s.ForwardFor)
	}
	if s.Log != "" {
		fmt.Fprintf(b, "log_format = \"httplog\"\n")
	}
	switch s.Cookie {
	case "insert":
		fmt.Fprintf(b, "cookie = { name = %q, mode = \"insert\", indirect = true }\n", Inserted)
	case "prefix":
		fmt.Fprintf(b, "cookie = { name = %q, mode = \"prefix\" }\n", Application)
	}
	for k, addr := range s.Servers {
		fmt.Fprintf(b, "[[listen.web%d.server]]\nname = %q\naddress = %q\n", i, name(k), addr)
		if s.Cookie != "" {
			fmt.Fprintf(b, "cookie = %q\n", name(k))
		}
	}
}

// port is the address of a frontend: the first one is Addr, the others follow.
func (s Setup) port(i int) string {
	host, port, _ := net.SplitHostPort(s.Addr)
	n, _ := strconv.Atoi(port)
	return net.JoinHostPort(host, strconv.Itoa(n+i))
}
