//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// most is the memory that an idle connection may cost, in bytes.
const most = 1024

// playIdle opens connections, uses each once, and compares what they add to the memory of a proxy. One round is enough:
// memory has no noise, and what a proxy has taken it may keep.
func (b *bench) playIdle(w work, out io.Writer) (err error) {
	w.job.MaxConn = w.load.clients + 50
	f, err := b.prepare(w, fourServers)
	defer f.end(&err)
	if err != nil {
		return err
	}
	t := table{columns: []column{{"bytes/connection", "%.0f", true}}}
	for _, c := range f.contenders {
		each, err := c.idle(w.load.clients)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", c.name, err, c.process.Said())
		}
		t.rows = append(t.rows, row{c.name, [][]float64{{each}}})
	}
	b.conclude(t, w, out)
	if each := median(t.find("lbmaster").figures(0)); each > most {
		fmt.Fprintf(out, "wanted at most %d bytes: missed\n", most)
		b.missed++
	}
	return nil
}

// idle returns what an idle connection costs, in bytes of the processes that serve.
func (c *contender) idle(n int) (float64, error) {
	before, err := c.memory()
	if err != nil {
		return 0, err
	}
	conns, err := c.open(n)
	defer closeAll(conns)
	if err != nil {
		return 0, err
	}
	after, err := c.memory()
	return float64(after-before) / float64(n), err
}

// open makes so many connections and uses each once.
func (c *contender) open(n int) (conns []net.Conn, err error) {
	for range n {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			return conns, fmt.Errorf("after %d connections: %w", len(conns), err)
		}
		conns = append(conns, conn)
		if err := ask(conn); err != nil {
			return conns, fmt.Errorf("connection %d: %w", len(conns), err)
		}
	}
	return conns, nil
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}

// ask sends a request and reads its answer.
func ask(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(rig.Patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
		return err
	}
	r, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return err
}

// memory is the resident memory of all processes of a contender (smaps_rollup).
func (c *contender) memory() (int64, error) {
	var sum int64
	for _, pid := range peer.Pids(c.process) {
		n, err := rig.Memory(pid)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}
