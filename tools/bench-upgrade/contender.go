//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lbmaster/tools/rig"
)

// The addresses of the benchmark; nobody else should use this part of the loopback network.
const (
	serverAddr = "127.92.0.11:8000"
	proxyAddr  = "127.92.0.%d:8080"
)

// contender is one of the proxies.
type contender struct {
	name   string
	addr   string
	file   string // of the configuration
	conf   string
	argv   []string // the file goes behind it
	signal syscall.Signal
	timed  bool // the master is replaced, and its end seen

	process *rig.Process
	master  int
}

func contenders(lbmaster string, paths map[string]string) []*contender {
	at := func(n int) string { return fmt.Sprintf(proxyAddr, n) }
	return []*contender{
		{
			name: "lbmaster", addr: at(1), file: "lbmaster.toml", argv: []string{lbmaster, "-c"}, signal: syscall.SIGUSR2, timed: true,
			conf: fmt.Sprintf("[global]\nworkers = 2\n[listen.web]\nbind = %q\nmode = \"http\"\nserver = [{ name = \"a\", address = %q }]\n", at(1), serverAddr),
		},
		{
			name: "haproxy", addr: at(2), file: "haproxy.cfg", argv: []string{paths["haproxy"], "-W", "-f"}, signal: syscall.SIGUSR2,
			conf: fmt.Sprintf("global\n  nbthread 2\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 50s\n  timeout server 50s\n"+
				"listen web\n  bind %s\n  server a %s\n", at(2), serverAddr),
		},
		{
			name: "nginx", addr: at(3), file: "proxy.conf", argv: []string{paths["nginx"], "-c"}, signal: syscall.SIGHUP,
			conf: fmt.Sprintf("daemon off; worker_processes 2; pid PIDFILE; error_log /dev/null;\nevents { }\nhttp {\n  access_log off;\n"+
				"  upstream web { server %s; keepalive 64; }\n"+
				"  server { listen %s reuseport; location / { proxy_pass http://web; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }\n}\n",
				serverAddr, at(3)),
		},
	}
}

func (c *contender) start(dir string) error {
	file := filepath.Join(dir, c.file)
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(c.conf, "PIDFILE", file+".pid")), 0o644); err != nil {
		return err
	}
	p, err := rig.Start(c.name, append(c.argv, file))
	if err != nil {
		return err
	}
	c.process, c.master = p, p.Pid
	return p.Ready(rig.Patience, func() bool { return rig.Connectable(c.addr) })
}

// upgrade replaces the configuration once. It returns how long it took, if that can be seen.
func (c *contender) upgrade() (time.Duration, error) {
	begin := time.Now()
	if err := rig.Kill(c.master, c.signal); err != nil {
		return 0, err
	}
	if !c.timed {
		return 0, nil
	}
	old := c.master
	if !rig.Until(rig.Patience, func() bool { return !rig.Alive(old) }) {
		return 0, errors.New("the old master stays")
	}
	took := time.Since(begin)
	exe, err := filepath.Abs(c.argv[0])
	if err != nil {
		return 0, err
	}
	for _, pid := range rig.Running(exe) {
		if !strings.HasPrefix(rig.Cmdline(pid), "lbmaster: ") {
			c.master = pid
		}
	}
	if c.master == old {
		return 0, errors.New("there is no new master")
	}
	return took, nil
}

// stop ends the newest master and with it all that it has.
func (c *contender) stop() error {
	if c.master == c.process.Pid {
		return end(c.process)
	}
	if err := rig.Kill(c.master, syscall.SIGTERM); err != nil {
		return err
	}
	if !rig.Until(rig.Patience, func() bool { return !rig.Alive(c.master) }) {
		return errors.New("it does not stop")
	}
	return nil
}

func end(p *rig.Process) error {
	_, err := p.Stop(syscall.SIGTERM, rig.Patience)
	return err
}
