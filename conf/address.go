package conf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"lbmaster/conf/valid"
)

const addressForms = `write "host:port", "[v6]:port", "host" or "host:+N" for the port that the client connected to, or "unix:/path"`

// parseAddress reads where a server is.
func parseAddress(s, forms string) (Address, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return Address{Path: path}, checkUnixPath(path)
	}
	host, port := s, ""
	if before, after, ok := cutLast(s, ':'); ok && !strings.HasSuffix(s, "]") {
		host, port = before, after
	}
	a := Address{}
	if err := a.setHost(host, forms); err != nil {
		return a, err
	}
	return a, a.setPort(port)
}

// setHost takes an IP address, or a name that the master will resolve.
func (a *Address) setHost(host, forms string) error {
	a.Host = host
	bare, bracket := strings.CutPrefix(host, "[")
	if bracket {
		bare, bracket = strings.CutSuffix(bare, "]")
	}
	if ip, err := netip.ParseAddr(bare); err == nil && ip.Is6() == bracket && ip.Zone() == "" {
		a.Host, a.IP = bare, ip.Unmap()
		return nil
	}
	if !valid.Host(host) {
		return fmt.Errorf("%q is neither an IP address nor a host name: %s", host, forms)
	}
	return nil
}

// setPort takes a port, or an offset to the port that the client has connected to.
func (a *Address) setPort(port string) error {
	if port == "" || port[0] == '+' || port[0] == '-' {
		a.Mapped = true
		if port == "" {
			return nil
		}
		n, err := strconv.Atoi(port)
		if err != nil || n < -65535 || n > 65535 {
			return fmt.Errorf("%q is not an offset to a port: write +N or -N", port)
		}
		a.Port = n
		return nil
	}
	n, err := parsePort(port)
	a.Port = n
	return err
}

// parseSource reads the local address of connections to servers, "addr" or "addr:port".
func parseSource(s, forms string) (*Source, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return &Source{IP: ip.Unmap()}, nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return nil, fmt.Errorf("%q is not a source address: %s", s, forms)
	}
	return &Source{IP: ap.Addr().Unmap(), Port: int(ap.Port())}, nil
}
