package value

import (
	"fmt"
	"net/netip"
	"strings"
)

// Bind writes the address of a bind as the tables have it. Forms says in errors how to write one.
func Bind(s, forms string) (string, error) {
	if path, ok := UnixPath(s); ok {
		return "unix:" + path, nil
	}
	family, rest, marked := strings.Cut(s, "@")
	switch {
	case !marked || family == "fd":
	case family == "ipv4" || family == "tcp4" || family == "ipv6" || family == "tcp6" || family == "tcp":
		s = rest
	default:
		return "", fmt.Errorf("%q: addresses of the kind %s@ are missing here: %s", s, family, forms)
	}
	s = bracketed(s)
	if _, zone, ok := strings.Cut(s, "%"); ok {
		zone, _, _ = strings.Cut(zone, "]")
		return "", fmt.Errorf("%q: addresses of one link only, with a zone, are missing here: write an address without %%%s", s, zone)
	}
	if host := s[:max(0, strings.LastIndexByte(s, ':'))]; strings.Trim(host, "0123456789.*") != "" && host[0] != '[' && !marked {
		return "", fmt.Errorf("%q: names are not looked up for binds, so that an instance comes up without a name server: write the address of %s", s, host)
	}
	return s, nil
}

// UnixPath is the path of an address that is one.
func UnixPath(s string) (string, bool) {
	if path, ok := strings.CutPrefix(s, "unix@"); ok {
		return path, true
	}
	return s, strings.HasPrefix(s, "/")
}

// bracketed puts an IPv6 address before a port into brackets: the last colon is the port's.
func bracketed(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || strings.IndexByte(s[:i], ':') < 0 || s[0] == '[' {
		return s
	}
	return "[" + s[:i] + "]" + s[i:]
}

// Server writes the address of a server as the tables have it.
func Server(s, forms string) (string, error) {
	if path, ok := UnixPath(s); ok {
		return "unix:" + path, nil
	}
	family, rest, marked := strings.Cut(s, "@")
	switch {
	case !marked:
	case family == "ipv4" || family == "ipv6" || family == "tcp" || family == "tcp4" || family == "tcp6":
		s = rest
	default:
		return "", fmt.Errorf("%q: addresses of the kind %s@ are missing here: %s", s, family, forms)
	}
	s = strings.TrimSuffix(bracketed(s), ":0")
	host := strings.TrimSuffix(s, "]")
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host = s[:i]
	}
	if host = strings.Trim(host, "[]"); host == "0.0.0.0" || host == "*" || host == "::" {
		return "", fmt.Errorf("%q: passing on to the address that the client connected to is missing here: write the server's own", s)
	}
	return s, nil
}

// Log is an address of a daemon; that of this machine may be written as its name.
func Log(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "udp@"), "ipv4@")
	if host, port, _ := strings.Cut(s, ":"); host == "localhost" {
		s = "127.0.0.1" + strings.TrimSuffix(":"+port, ":")
	}
	if strings.Count(s, ":") == 1 || s != "" && s[0] == '[' {
		return strings.TrimSuffix(s, ":")
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return s
	}
	return bracketed(s)
}

// Standard is the standard file that a target of log lines names.
func Standard(s string) (name string, ok bool) {
	name, ok = map[string]string{"stdout": "stdout", "stderr": "stderr", "fd@1": "stdout", "fd@2": "stderr"}[s]
	return name, ok
}
