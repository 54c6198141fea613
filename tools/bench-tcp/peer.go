//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A client sends the number of bytes that it wants, and gets them. Then the server waits for its next number, or its end.
const header = 8

// pieceSize is how much either side sends or receives at a time.
const pieceSize = 1 << 20

// patience bounds the time of one connection.
const patience = 2 * time.Minute

// serveForever is the server. It ends with its process.
func serveForever(out io.Writer) error {
	l, err := net.Listen("tcp", serverAddr)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "serving")
	piece := make([]byte, pieceSize)
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			var want [header]byte
			for {
				if _, err := io.ReadFull(c, want[:]); err != nil {
					return
				}
				for left := int64(binary.LittleEndian.Uint64(want[:])); left > 0; {
					n, err := c.Write(piece[:min(left, pieceSize)])
					if err != nil {
						return
					}
					left -= int64(n)
				}
			}
		}()
	}
}

// load is a number of connections, so many at a time, each of which fetches some bytes.
type load struct {
	name        string
	unit        string // what costs are given for
	units       float64
	connections int
	atOnce      int
	bytes       int64 // of each connection
}

// run puts the load on addr.
func (l load) run(addr string) error {
	var wg sync.WaitGroup
	var begun atomic.Int64
	failed := make(chan error, l.atOnce)
	for range l.atOnce {
		wg.Go(func() {
			for begun.Add(1) <= int64(l.connections) {
				if err := l.fetch(addr); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

// fetch is one connection. It ends before the server knows that it was the only request.
func (l load) fetch(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := ask(c, l.bytes); err != nil {
		return err
	}
	return discard(c.(*net.TCPConn), l.bytes)
}

// ask sends the number of wanted bytes.
func ask(c net.Conn, n int64) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	var want [header]byte
	binary.LittleEndian.PutUint64(want[:], uint64(n))
	_, err := c.Write(want[:])
	return err
}

// discard receives n bytes without copying them (tcp(7), MSG_TRUNC), so that the client costs little.
func discard(c *net.TCPConn, n int64) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	piece := make([]byte, min(n, pieceSize))
	var failure error
	for n > 0 && failure == nil {
		err = raw.Read(func(fd uintptr) bool {
			got, _, err := unix.Recvfrom(int(fd), piece[:min(n, pieceSize)], unix.MSG_TRUNC)
			switch {
			case errors.Is(err, syscall.EAGAIN):
				return false
			case err != nil:
				failure = err
			case got == 0:
				failure = io.ErrUnexpectedEOF
			}
			n -= int64(got)
			return true
		})
		failure = errors.Join(failure, err)
	}
	return failure
}
