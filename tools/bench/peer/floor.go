//go:build linux

package peer

import (
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"lbmaster/tools/rig"
)

//go:embed floor/relay.c
var floorSource []byte

// Floor compiles the smallest relay below dir. It is no proxy, but what is left of one without everything that makes it
// one: the same calls to the kernel for each request, and nothing else.
func Floor(installer *rig.Installer, dir string) (*Peer, error) {
	gcc, err := installer.Need("gcc")
	if err != nil {
		return nil, err
	}
	source, program := filepath.Join(dir, "floor.c"), filepath.Join(dir, "floor")
	if err := os.WriteFile(source, floorSource, 0o644); err != nil {
		return nil, err
	}
	if out, err := exec.Command(gcc, "-O2", "-Wall", "-o", program, source).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", gcc, err, out)
	}
	// It has no configuration but its command line.
	return &Peer{Name: "floor", program: program, argv: floorArgv, conf: func(s Setup, _ string) string { return s.Addr }}, nil
}

// Turning is the floor that gives every message to the next server.
func Turning(floor *Peer) *Peer {
	p := *floor
	p.argv = func(program, file string, s Setup) []string {
		return slices.Insert(floorArgv(program, file, s), 1, "-r")
	}
	return &p
}

func floorArgv(program, _ string, s Setup) []string {
	host, port, _ := net.SplitHostPort(s.Addr)
	argv := []string{program, host, port}
	for _, addr := range s.Servers {
		host, port, _ := net.SplitHostPort(addr)
		if len(argv) == 3 {
			argv = append(argv, port)
		}
		argv = append(argv, host)
	}
	return argv
}
