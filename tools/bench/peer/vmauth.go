//go:build linux

package peer

import (
	"fmt"
	"os/exec"
	"strings"
)

// Vmauth is measured where it is installed; nil where it is not.
func Vmauth() *Peer {
	program, err := exec.LookPath("vmauth")
	if err != nil {
		return nil
	}
	return &Peer{
		Name: "vmauth", program: program, conf: vmauthConf, version: []string{"-version"},
		argv: func(program, file string, s Setup) []string {
			return []string{
				"/usr/bin/env", fmt.Sprintf("GOMAXPROCS=%d", s.workers()), program, "-loggerLevel=ERROR",
				"-auth.config=" + file, "-httpListenAddr=" + s.Addr, "-maxConcurrentRequests=20000", "-maxConcurrentPerUserRequests=20000",
			}
		},
	}
}

// vmauthConf: it has no cookies.
func vmauthConf(s Setup, _ string) string {
	if s.TCP || s.Cookie == "prefix" || s.Log != "" || s.Close || s.Frontends > 0 || s.Upgrades {
		return ""
	}
	var b strings.Builder
	b.WriteString("unauthorized_user:\n  load_balancing_policy: least_loaded\n  url_prefix:\n")
	for _, addr := range s.Servers {
		fmt.Fprintf(&b, "  - http://%s/\n", addr)
	}
	return b.String()
}
