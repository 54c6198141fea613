//go:build linux

// Package peer knows the proxies that are compared: how the same job is told to each of them in its own language, and how
// each is started.
package peer

import "fmt"

// Setup is a job for a proxy. Every peer gets the same, at an address of its own.
type Setup struct {
	TCP        bool     // relay bytes; else HTTP/1.1 with keep-alive on both sides
	Addr       string   // where it listens
	Servers    []string // equal ones, taken in turn; nothing checks them
	Cookie     string   // "insert" (with indirect), "prefix", or none
	Close      bool     // httpclose
	ForwardFor bool
	Log        string // httplog to this UDP address
	Frontends  int    // besides the one that is used: others beside it, on the ports that follow
	Workers    int    // or threads; 0: 1
	MaxConn    int    // 0: 4,000
	Upgrades   bool   // run it so that it can be replaced
}

func (s Setup) workers() int { return max(1, s.Workers) }

func (s Setup) maxConn() int {
	if s.MaxConn == 0 {
		return 4000
	}
	return s.MaxConn
}

func (s Setup) mode() string {
	if s.TCP {
		return "tcp"
	}
	return "http"
}

// name is what a server is called, in names and cookies.
func name(i int) string { return fmt.Sprintf("s%d", i+1) }

// The names of the cookies: one that the proxy invents, and one that is the application's own.
const (
	Inserted    = "SERVERID"
	Application = "JSESSIONID"
)
