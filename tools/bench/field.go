//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"lbmaster/tools/rig"
)

// The addresses of the benchmark; nobody else should use this part of the loopback network.
const (
	serverAddr   = "127.90.0.%d:8000" // 11 to 14
	haproxyAddr  = "127.90.0.1:8080"
	lbmasterAddr = "127.90.0.2:8080"
)

const servers = 4

// body makes answers of nginx about 190 bytes with their head.
const body = "hello from one of four servers\n"

// contender is one of the two proxies.
type contender struct {
	name    string
	addr    string
	process *rig.Process
	costs   []cost
}

// cost is what one round cost for each request.
type cost struct {
	user, system time.Duration
	rate         float64 // requests per second
}

func (c cost) total() time.Duration { return c.user + c.system }

// field is everything that runs.
type field struct {
	wrk         string
	connections int
	load        []string // prefix of commands that make load
	nginx       *rig.Process
	sink        *sink // nil: nothing is logged
	contenders  []*contender
}

// prepare starts everything. What it returns must be stopped even when there is an error.
func (o options) prepare(dir string) (*field, error) {
	var installer rig.Installer
	f := &field{connections: o.connections}
	paths := make(map[string]string)
	for _, program := range []string{"nginx", "haproxy", "wrk"} {
		path, err := installer.Need(program)
		if err != nil {
			return f, err
		}
		paths[program] = path
	}
	f.wrk = paths["wrk"]
	if o.pin && runtime.NumCPU() > 1 {
		f.load = []string{"taskset", "-c", "1"}
	}
	if o.log {
		s, err := startSink()
		if err != nil {
			return f, err
		}
		f.sink = s
	}
	if err := f.startServers(paths["nginx"], dir); err != nil {
		return f, err
	}
	if err := f.startHAProxy(paths["haproxy"], dir); err != nil {
		return f, err
	}
	if err := f.startLbmaster(o.lbmaster, dir); err != nil {
		return f, err
	}
	return f, f.place()
}

func (f *field) startServers(program, dir string) error {
	var list []rig.NginxServer
	for i := range servers {
		list = append(list, rig.NginxServer{Name: "web", Listen: fmt.Sprintf(serverAddr, 11+i), Body: body})
	}
	p, err := rig.StartNginx(program, dir, rig.Endless, list)
	f.nginx = p
	return err
}

func (f *field) startHAProxy(program, dir string) error {
	p, err := rig.StartHAProxy(program, dir, haproxyConf(f.sink), haproxyAddr)
	f.contenders = append(f.contenders, &contender{name: "haproxy", addr: haproxyAddr, process: p})
	return err
}

func (f *field) startLbmaster(program, dir string) error {
	file := filepath.Join(dir, "lbmaster.toml")
	if err := os.WriteFile(file, []byte(lbmasterConf(f.sink)), 0o644); err != nil {
		return err
	}
	p, err := rig.Start("lbmaster", []string{program, "-c", file})
	if err != nil {
		return err
	}
	f.contenders = append(f.contenders, &contender{name: "lbmaster", addr: lbmasterAddr, process: p})
	return p.Ready(rig.Patience, func() bool { return rig.Connectable(lbmasterAddr) && len(rig.Children(p.Pid)) > 0 })
}

// place puts the proxies on the first CPU and the servers on the second.
func (f *field) place() error {
	if f.load == nil {
		return nil
	}
	errs := []error{rig.Pin(f.nginx.Pid, 1), rig.Pin(os.Getpid(), 1)} // the sink is load too
	for _, c := range f.contenders {
		for _, pid := range c.pids() {
			errs = append(errs, rig.Pin(pid, 0))
		}
	}
	return errors.Join(errs...)
}

// pids are the processes of a contender whose time counts: all of them.
func (c *contender) pids() []int { return append(rig.Children(c.process.Pid), c.process.Pid) }

// round runs one load and returns what a request cost.
func (f *field) round(c *contender, d time.Duration) (cost, error) {
	load := rig.Load{URL: "http://" + c.addr + "/", Connections: f.connections, Duration: d, Prefix: f.load}
	pids := c.pids()
	before := rig.ReadCPU(pids...)
	r, err := load.Run(f.wrk)
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w", c.name, err)
	}
	used := rig.ReadCPU(pids...).Sub(before)
	if f.sink != nil {
		if lines := f.sink.take(); lines < r.Requests/2 { // the kernel drops some when the sink is behind
			return cost{}, fmt.Errorf("%s logged %d lines for %d requests", c.name, lines, r.Requests)
		}
	}
	if r.Failed() > 0 || r.Requests == 0 {
		return cost{}, fmt.Errorf("%s failed requests: %+v\n%s", c.name, r, c.process.Said())
	}
	n := time.Duration(r.Requests)
	// Nanoseconds matter here: a request costs some microseconds.
	return cost{user: used.User / n, system: used.System / n, rate: r.Rate}, nil
}

// rounds alternates between the contenders, and who begins alternates as well.
func (f *field) rounds(o options, out io.Writer) error {
	fmt.Fprintf(out, "%5s  %-8s  %10s  %8s  %9s  %8s\n", "round", "proxy", "requests/s", "user us", "system us", "total us")
	for i := range o.rounds {
		for k := range f.contenders {
			c := f.contenders[(i+k)%len(f.contenders)]
			got, err := f.round(c, o.duration)
			if err != nil {
				return err
			}
			c.costs = append(c.costs, got)
			fmt.Fprintf(out, "%5d  %s\n", i+1, c.row(got))
		}
	}
	return nil
}

func (c *contender) row(got cost) string {
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	return fmt.Sprintf("%-8s  %10.0f  %8.2f  %9.2f  %8.2f", c.name, got.rate, us(got.user), us(got.system), us(got.total()))
}

// conclude prints the medians and returns the ratio of the totals.
func (f *field) conclude(out io.Writer) float64 {
	var totals []float64
	for _, c := range f.contenders {
		m := medians(c.costs)
		fmt.Fprintf(out, "%5s  %s\n", "med.", c.row(m))
		totals = append(totals, float64(m.total()))
	}
	ratio := totals[1] / totals[0]
	what := ""
	if f.sink != nil {
		what = " with httplog"
	}
	fmt.Fprintf(out, "ratio %s/%s%s = %.2f\n", f.contenders[1].name, f.contenders[0].name, what, ratio)
	return ratio
}

// stop ends every process that was started.
func (f *field) stop() error {
	var errs []error
	for _, c := range f.contenders {
		if c.process != nil {
			_, err := c.process.Stop(syscall.SIGTERM, rig.Patience)
			errs = append(errs, err)
		}
	}
	if f.nginx != nil {
		_, err := f.nginx.Stop(syscall.SIGTERM, rig.Patience)
		errs = append(errs, err)
	}
	if f.sink != nil {
		errs = append(errs, f.sink.conn.Close())
	}
	return errors.Join(errs...)
}

// eachServer repeats a text for every server, with its letter and address.
func eachServer(format string) string {
	var b strings.Builder
	for i := range servers {
		fmt.Fprintf(&b, format, string(rune('A'+i)), fmt.Sprintf(serverAddr, 11+i))
	}
	return b.String()
}

// haproxyConf is the same proxy as lbmasterConf: connections to servers are kept and shared by all clients, the cookie
// is inserted into every answer to a client without one.
func haproxyConf(log *sink) string {
	var target, format string
	if log != nil {
		target, format = "  log "+sinkAddr+" local0 info\n", "  log global\n  option httplog\n"
	}
	return `global
  nbthread 1
  maxconn 4000
` + target + `defaults
` + format + `
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 50s
  timeout server 50s
listen web
  bind ` + haproxyAddr + `
  balance roundrobin
  cookie SERVERID insert indirect
` + eachServer("  server web%[1]s %[2]s cookie %[1]s\n")
}

func lbmasterConf(log *sink) string {
	var target, format string
	if log != nil {
		target, format = `log = ["`+sinkAddr+` local0 info"]`, `log_format = "httplog"`
	}
	return `[global]
workers = 1
maxconn = 4000
` + target + `
[listen.web]
` + format + `
bind = ["` + lbmasterAddr + `"]
mode = "http"
balance = "roundrobin"
cookie = { name = "SERVERID", mode = "insert", indirect = true }
timeout = { connect = "5s", client = "50s", server = "50s" }
` + eachServer("[[listen.web.server]]\nname = \"web%[1]s\"\naddress = %[2]q\ncookie = %[1]q\n")
}
