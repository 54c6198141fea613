//go:build linux

package main

import (
	"fmt"
	"io"
	"net"

	"lbmaster/tools/rig"
)

// idlers is how many idle connections are opened: a process with a limit of 20,000 files relays no more.
const idlers = 9800

// compareMemory opens idle connections through each contender, and compares what they add to its memory.
func (f *field) compareMemory(o options, out io.Writer) error {
	fmt.Fprintf(out, "%d idle connections, each after one small exchange: bytes of memory for each\n", idlers)
	for _, c := range f.contenders {
		each, err := c.idle()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", c.name, err, c.process.Said())
		}
		fmt.Fprintf(out, "%-16s  %10d\n", c.name, each)
		if c.name == "lbmaster" && o.enforce && each > o.memory {
			return fmt.Errorf("an idle connection costs more than %d bytes", o.memory)
		}
	}
	return nil
}

// idle returns what an idle connection costs, in bytes of the processes that serve.
func (c *contender) idle() (int, error) {
	before, err := c.memory()
	if err != nil {
		return 0, err
	}
	conns := make([]net.Conn, 0, idlers)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for range idlers {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			return 0, fmt.Errorf("after %d connections: %w", len(conns), err)
		}
		conns = append(conns, conn)
		if err := ask(conn, 100); err != nil {
			return 0, err
		}
	}
	for _, conn := range conns { // each has reached the server
		if err := discard(conn.(*net.TCPConn), 100); err != nil {
			return 0, err
		}
	}
	after, err := c.memory()
	return int(after-before) / idlers, err
}

// memory is the resident memory of all processes of a contender (smaps_rollup).
func (c *contender) memory() (int64, error) {
	var sum int64
	for _, pid := range c.pids() {
		n, err := rig.Memory(pid)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
