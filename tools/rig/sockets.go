//go:build linux

package rig

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// TCP states as /proc/net/tcp prints them (include/net/tcp_states.h).
const (
	Established = 0x01
	Listening   = 0x0A
)

// Timers of a socket that neither sends nor waits for an acknowledgement (net/ipv4/tcp_ipv4.c, get_tcp4_sock).
const (
	NoTimer   = "00"
	KeepAlive = "02"
)

// Socket is one TCP socket over IPv4 of this network namespace.
type Socket struct {
	Local, Remote netip.AddrPort
	State         int
	Timer         string // what the kernel waits for: NoTimer, KeepAlive, or another number as /proc/net/tcp has it
	Inode         uint64 // 0 when no process owns it any more, or not yet: a connection that waits to be accepted
}

// Sockets returns the TCP sockets over IPv4 for which keep returns true.
func Sockets(keep func(Socket) bool) ([]Socket, error) {
	b, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return nil, err
	}
	var out []Socket
	for line := range strings.Lines(string(b)) {
		if s, ok := parseSocket(strings.Fields(line)); ok && keep(s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func parseSocket(f []string) (Socket, bool) {
	if len(f) < 10 || !strings.HasSuffix(f[0], ":") {
		return Socket{}, false
	}
	local, ok1 := parseAddrPort(f[1])
	remote, ok2 := parseAddrPort(f[2])
	state, err1 := strconv.ParseInt(f[3], 16, 32)
	inode, err2 := strconv.ParseUint(f[9], 10, 64)
	timer, _, _ := strings.Cut(f[5], ":")
	return Socket{local, remote, int(state), timer, inode}, ok1 && ok2 && err1 == nil && err2 == nil
}

// parseAddrPort reads "0100007F:1F90": the address as the kernel holds it, which on the little-endian machines we
// run on is backwards, and the port in hexadecimal.
func parseAddrPort(s string) (netip.AddrPort, bool) {
	a, p, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(a)
	port, err2 := strconv.ParseUint(p, 16, 16)
	if !ok || err != nil || err2 != nil || len(raw) != 4 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{raw[3], raw[2], raw[1], raw[0]}), uint16(port)), true
}

// Listeners returns the addresses under prefix on which somebody listens. A rule of "nothing is left" for tests
// that own a prefix.
func Listeners(prefix netip.Prefix) ([]netip.AddrPort, error) {
	found, err := Sockets(func(s Socket) bool { return s.State == Listening && prefix.Contains(s.Local.Addr()) })
	var out []netip.AddrPort
	for _, s := range found {
		out = append(out, s.Local)
	}
	return out, err
}

// Connections counts, for each process, its established connections whose local end is addr: what a server
// process has accepted there.
func Connections(addr netip.AddrPort, pids []int) (map[int]int, error) {
	found, err := Sockets(func(s Socket) bool { return s.State == Established && s.Local == addr && s.Inode != 0 })
	if err != nil {
		return nil, err
	}
	wanted := make(map[uint64]bool, len(found))
	for _, s := range found {
		wanted[s.Inode] = true
	}
	out := make(map[int]int, len(pids))
	for _, pid := range pids {
		for inode := range socketInodes(pid) {
			if wanted[inode] {
				out[pid]++
			}
		}
	}
	return out, nil
}

// socketInodes returns the inodes of the sockets that a process holds.
func socketInodes(pid int) map[uint64]bool {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	names, _ := os.ReadDir(dir)
	out := make(map[uint64]bool, len(names))
	for _, n := range names {
		link, _ := os.Readlink(dir + "/" + n.Name())
		text, ok := strings.CutPrefix(link, "socket:[")
		if !ok {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64); err == nil {
			out[inode] = true
		}
	}
	return out
}
