//go:build linux

// Command bench-upgrade compares what becomes of requests while a proxy replaces its configuration again and again: lbmaster
// with USR2, HAProxy in master-worker mode with USR2, and nginx with HUP.
//
// Each runs by itself, in front of the same server and under the same load: clients that keep their connections, and are
// idle in between for up to 20 ms, and clients that come with each request. No client tries anything twice. First the load
// runs undisturbed, then during the upgrades. How long one takes, from the signal to the end of the old master, can be
// told of lbmaster only.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"lbmaster/tools/rig"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	lbmaster string
	upgrades int
	pause    time.Duration
	clients  int
}

func run(args []string, out, errs io.Writer) int {
	var o options
	flags := flag.NewFlagSet("bench-upgrade", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.lbmaster, "lbmaster", "bin/lbmaster", "the binary to measure")
	flags.IntVar(&o.upgrades, "upgrades", 20, "of each proxy")
	flags.DurationVar(&o.pause, "pause", 300*time.Millisecond, "between two upgrades")
	flags.IntVar(&o.clients, "clients", 32, "that keep their connections; an eighth as many come with each request")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := o.compare(out); err != nil {
		fmt.Fprintln(errs, "bench-upgrade:", err)
		return 1
	}
	return 0
}

// compare plays all proxies one after the other, and prints a table.
func (o options) compare(out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "lbmaster-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var installer rig.Installer
	paths := make(map[string]string)
	for _, program := range []string{"nginx", "haproxy"} {
		if paths[program], err = installer.Need(program); err != nil {
			return err
		}
	}
	server, err := rig.StartNginx(paths["nginx"], dir, rig.Endless, []rig.NginxServer{{Name: "web", Listen: serverAddr}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end(server)) }()
	fmt.Fprintf(out, "%-9s %-9s %9s %7s %8s %8s %8s\n", "proxy", "", "requests", "failed", "p50 ms", "p99 ms", "max ms")
	for _, c := range contenders(o.lbmaster, paths) {
		if err := o.play(c, dir, out); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// play measures one proxy.
func (o options) play(c *contender, dir string, out io.Writer) (err error) {
	if err := c.start(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	quiet := startLoad(c.addr, o.clients)
	rest(time.Duration(o.upgrades) * o.pause)
	quiet.end()
	fmt.Fprintln(out, quiet.row(c.name, "quiet"))
	busy := startLoad(c.addr, o.clients)
	var took []time.Duration
	for range o.upgrades {
		d, err := c.upgrade()
		if err != nil {
			busy.end()
			return err
		}
		took = append(took, d)
		rest(o.pause)
	}
	busy.end()
	fmt.Fprintln(out, busy.row(c.name, "upgrades"))
	if c.timed {
		fmt.Fprintf(out, "%-9s an upgrade takes %.1f ms (median), at most %.1f ms\n", c.name, ms(median(took)), ms(highest(took)))
	}
	return nil
}

// rest lets the load run for a while.
func rest(d time.Duration) { <-time.After(d) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
