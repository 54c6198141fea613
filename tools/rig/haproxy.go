//go:build linux

package rig

import (
	"os"
	"path/filepath"
)

// StartHAProxy runs HAProxy in the foreground with the given configuration text, written under dir. It returns
// when addr accepts connections.
func StartHAProxy(program, dir, conf, addr string) (*Process, error) {
	file := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		return nil, err
	}
	p, err := Start("haproxy", []string{program, "-db", "-f", file})
	if err != nil {
		return nil, err
	}
	return p, p.Ready(Patience, func() bool { return Connectable(addr) })
}
