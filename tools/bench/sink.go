//go:build linux

package main

import (
	"net"
	"net/netip"
	"sync/atomic"
)

const sinkAddr = "127.90.0.100:5140"

// sink takes log lines and counts them.
type sink struct {
	conn  *net.UDPConn
	lines atomic.Int64
}

func startSink(addr string) (*sink, error) {
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		return nil, err
	}
	s := &sink{conn: c}
	go s.drain()
	return s, nil
}

// drain takes lines until the sink is closed.
func (s *sink) drain() {
	line := make([]byte, 8<<10)
	for {
		if _, err := s.conn.Read(line); err != nil {
			return
		}
		s.lines.Add(1)
	}
}

// take is the number of lines since the last call.
func (s *sink) take() int { return int(s.lines.Swap(0)) }
