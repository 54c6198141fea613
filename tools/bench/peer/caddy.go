//go:build linux

package peer

import (
	"fmt"
	"os/exec"
	"strings"
)

// Caddy is measured where it is installed; nil where it is not.
func Caddy() *Peer {
	program, err := exec.LookPath("caddy")
	if err != nil {
		return nil
	}
	return &Peer{
		Name: "caddy", program: program, conf: caddyConf, version: []string{"version"},
		// GOMAXPROCS is its number of threads that run at once.
		argv: func(program, file string, s Setup) []string {
			return []string{
				"/usr/bin/env", fmt.Sprintf("GOMAXPROCS=%d", s.workers()), "HOME=" + file + ".home",
				program, "run", "--adapter", "caddyfile", "--config", file,
			}
		},
	}
}

func caddyConf(s Setup, _ string) string {
	if s.TCP || s.Cookie == "prefix" || s.Log != "" || s.Close || s.Frontends > 0 || s.Upgrades {
		return ""
	}
	policy := "round_robin"
	if s.Cookie == "insert" {
		policy = "cookie " + Inserted
	}
	return fmt.Sprintf("{\n  admin off\n  auto_https off\n  log {\n    output discard\n  }\n}\nhttp://%s {\n  bind %s\n  reverse_proxy %s {\n    lb_policy %s\n  }\n}\n",
		s.Addr, s.Addr[:strings.LastIndexByte(s.Addr, ':')], strings.Join(s.Servers, " "), policy)
}
