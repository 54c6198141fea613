// Package address reads addresses: where to listen, where servers are, from where to connect to them, and where log lines go. It is pure,
// and resolves no name.
package address

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"lbmaster/conf/valid"
)

// Bind is one listening address. A range or a list in the file becomes one Bind for each port.
type Bind struct {
	Network string     // "tcp", "unix" or "fd"
	Addr    netip.Addr // tcp only: the unspecified IPv4 address for ":port" and "*:port"
	Port    int        // tcp only, never 0
	Path    string     // unix only, absolute
	FD      int        // fd only: an inherited descriptor; 0 with Name
	Name    string     `json:",omitempty"` // fd only: what a service manager calls it
	Line    int        // where it is written
}

// maxRange bounds the ports of one range.
const maxRange = 1000

// ParseBinds reads a bind line, which may hold several addresses with commas between them. Forms says in errors how to write one.
func ParseBinds(text, forms string) ([]Bind, error) {
	var all []Bind
	for item := range strings.SplitSeq(text, ",") {
		binds, err := ParseBind(strings.TrimSpace(item), forms)
		if err != nil {
			return nil, err
		}
		all = append(all, binds...)
	}
	return all, nil
}

// ParseBind reads one of them; it is several if it has a range of ports.
func ParseBind(s, forms string) ([]Bind, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		if err := CheckUnixPath(path); err != nil {
			return nil, err
		}
		return []Bind{{Network: "unix", Path: path}}, nil
	}
	if which, ok := strings.CutPrefix(s, "fd@"); ok {
		return parseInherited(which)
	}
	host, ports, ok := cutLast(s, ':')
	if !ok || ports == "" {
		return nil, fmt.Errorf("%q has no port: %s", s, forms)
	}
	addr, err := parseBindHost(host, forms)
	if err != nil {
		return nil, err
	}
	low, high, err := parseRange(ports)
	if err != nil {
		return nil, err
	}
	var all []Bind
	for port := low; port <= high; port++ {
		all = append(all, Bind{Network: "tcp", Addr: addr, Port: port})
	}
	return all, nil
}

// parseInherited reads which descriptor a bind means, by its number or by the name that a service manager gives it.
func parseInherited(which string) ([]Bind, error) {
	n, err := strconv.Atoi(which)
	switch {
	case err != nil && valid.Label(which) && which[0] != '-':
		return []Bind{{Network: "fd", Name: which}}, nil
	case err != nil || n < 3 || n > 1<<20:
		return nil, fmt.Errorf("fd@%s is no inherited descriptor: write fd@N with N from 3 on, or fd@NAME", which)
	}
	return []Bind{{Network: "fd", FD: n}}, nil
}

// parseBindHost reads the address of a bind. It must be written out: a name could mean another address tomorrow.
func parseBindHost(host, forms string) (netip.Addr, error) {
	if host == "" || host == "*" {
		return netip.IPv4Unspecified(), nil
	}
	bare, v6 := strings.CutPrefix(host, "[")
	if v6 {
		bare, v6 = strings.CutSuffix(bare, "]")
	}
	addr, err := netip.ParseAddr(bare)
	if err != nil || addr.Is6() != v6 || addr.Zone() != "" {
		return addr, fmt.Errorf("%q is not an IP address: %s", host, forms)
	}
	return addr.Unmap(), nil
}

// parseRange reads "80" or "8000-8003".
func parseRange(s string) (low, high int, err error) {
	first, last, isRange := strings.Cut(s, "-")
	if low, err = parsePort(first); err != nil {
		return 0, 0, err
	}
	if !isRange {
		return low, low, nil
	}
	if high, err = parsePort(last); err != nil {
		return 0, 0, err
	}
	if high < low || high-low >= maxRange {
		return 0, 0, fmt.Errorf("the range %s must go up, by less than %d ports", s, maxRange)
	}
	return low, high, nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || s[0] == '+' {
		return 0, fmt.Errorf("%q is not a port: write 1 to 65535", s)
	}
	return int(n), nil
}

// cutLast cuts s around the last sep.
func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
