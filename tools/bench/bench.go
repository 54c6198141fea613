//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// bench is what all works share: the programs, and a directory.
type bench struct {
	options
	dir       string
	installer *rig.Installer
	wrk       string
	lbmaster  *peer.Peer
	haproxy   *peer.Peer
	nginx     *peer.Peer
	floor     *peer.Peer
	others    []*peer.Peer // that happen to be installed, and lbmaster from before a change
	load      []string     // prefix of commands that make load
	missed    int          // wanted ratios
}

// open finds or installs what is needed.
func (o options) open(dir string) (*bench, error) {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, dir: dir, installer: &rig.Installer{}, lbmaster: peer.Lbmaster(binary)}
	for program, path := range map[string]*string{"wrk": &b.wrk, "taskset": new(string)} {
		if *path, err = b.installer.Need(program); err != nil {
			return nil, err
		}
	}
	if b.haproxy, err = peer.HAProxy(b.installer); err != nil {
		return nil, err
	}
	if b.nginx, err = peer.Nginx(b.installer); err != nil {
		return nil, err
	}
	if b.floor, err = peer.Floor(b.installer, dir); err != nil {
		return nil, err
	}
	for _, p := range []*peer.Peer{peer.Caddy(), peer.Vmauth()} {
		if p != nil {
			b.others = append(b.others, p)
		}
	}
	if o.before != "" {
		b.others = append(b.others, peer.LbmasterBefore(o.before))
	}
	if o.pin && runtime.NumCPU() > 1 {
		b.load = []string{"taskset", "-c", "1"}
		return b, rig.Pin(os.Getpid(), 1) // what is done here is load
	}
	return b, nil
}

// describe says what is measured on what.
func (b *bench) describe(out io.Writer) {
	var u unix.Utsname
	_ = unix.Uname(&u) // cannot fail
	fmt.Fprintf(out, "%s, %d CPUs (%s), Linux %s\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), cpuModel(), unix.ByteSliceToString(u.Release[:]))
	for _, p := range append([]*peer.Peer{b.lbmaster, b.haproxy, b.nginx}, b.others...) {
		fmt.Fprintf(out, "%s: %s\n", p.Name, p.Version())
	}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
