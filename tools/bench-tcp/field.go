//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"lbmaster/tools/rig"
)

// The addresses of the benchmark; nobody else should use this part of the loopback network.
const (
	serverAddr   = "127.91.0.11:8000"
	plainAddr    = "127.91.0.1:8080"
	spliceAddr   = "127.91.0.2:8080"
	lbmasterAddr = "127.91.0.3:8080"
)

// contender is one of the proxies.
type contender struct {
	name    string
	addr    string
	process *rig.Process
}

// field is everything that runs.
type field struct {
	server     *rig.Process
	contenders []*contender // lbmaster is the last one
}

// prepare starts everything. What it returns must be stopped even when there is an error.
func (o options) prepare(dir string) (*field, error) {
	f := &field{}
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	if f.server, err = rig.Start("server", []string{self, "-serve"}); err != nil {
		return f, err
	}
	if err := f.server.Ready(rig.Patience, func() bool { return rig.Connectable(serverAddr) }); err != nil {
		return f, err
	}
	var installer rig.Installer
	haproxy, err := installer.Need("haproxy")
	if err != nil {
		return f, err
	}
	for _, c := range []struct{ name, addr, option string }{
		{"haproxy", plainAddr, "no option splice-auto"},
		{"haproxy-splice", spliceAddr, "option splice-auto"},
	} {
		p, err := rig.StartHAProxy(haproxy, dir, haproxyConf(c.addr, c.option), c.addr)
		f.contenders = append(f.contenders, &contender{c.name, c.addr, p})
		if err != nil {
			return f, err
		}
	}
	if err := f.startLbmaster(o.lbmaster, dir); err != nil {
		return f, err
	}
	if !o.pin || runtime.NumCPU() < 2 {
		return f, nil
	}
	return f, f.place()
}

func (f *field) startLbmaster(program, dir string) error {
	file := filepath.Join(dir, "lbmaster.toml")
	if err := os.WriteFile(file, []byte(lbmasterConf()), 0o644); err != nil {
		return err
	}
	p, err := rig.Start("lbmaster", []string{program, "-c", file})
	if err != nil {
		return err
	}
	f.contenders = append(f.contenders, &contender{"lbmaster", lbmasterAddr, p})
	return p.Ready(rig.Patience, func() bool { return rig.Connectable(lbmasterAddr) && len(rig.Children(p.Pid)) > 0 })
}

// place puts the proxies on the first CPU, and the server and ourselves on the second.
func (f *field) place() error {
	errs := []error{rig.Pin(f.server.Pid, 1), rig.Pin(os.Getpid(), 1)}
	for _, c := range f.contenders {
		for _, pid := range c.pids() {
			errs = append(errs, rig.Pin(pid, 0))
		}
	}
	return errors.Join(errs...)
}

// pids are the processes of a contender whose time counts: all of them.
func (c *contender) pids() []int { return append(rig.Children(c.process.Pid), c.process.Pid) }

// stop ends every process that was started.
func (f *field) stop() error {
	var errs []error
	for _, c := range f.contenders {
		if c.process != nil {
			_, err := c.process.Stop(syscall.SIGTERM, rig.Patience)
			errs = append(errs, err)
		}
	}
	if f.server != nil {
		_, err := f.server.Stop(syscall.SIGTERM, rig.Patience)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// haproxyConf is the same relay as lbmasterConf. Nothing is logged.
func haproxyConf(addr, option string) string {
	return `global
  nbthread 1
  maxconn 9850
  maxpipes 100
defaults
  mode tcp
  ` + option + `
  timeout connect 5s
  timeout client 300s
  timeout server 300s
listen relay
  bind ` + addr + `
  maxconn 9850
  server a ` + serverAddr + "\n"
}

func lbmasterConf() string {
	return fmt.Sprintf(`[global]
workers = 1
maxconn = 9850
[listen.relay]
bind = [%q]
mode = "tcp"
maxconn = 9850
timeout = { connect = "5s", client = "300s", server = "300s" }
[[listen.relay.server]]
name = "a"
address = %q
`, lbmasterAddr, serverAddr)
}
