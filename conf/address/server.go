package address

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"lbmaster/conf/valid"
)

// Server is where a server is reached.
type Server struct {
	Host   string     // as written: an IP address or a name; "" with Path
	IP     netip.Addr // of Host; invalid while a name is not resolved
	Port   int        // with Mapped an offset, which may be negative or 0
	Mapped bool       // the port is the one that the client connected to, plus Port
	Path   string     // absolute path of a unix socket ("unix:/path")
}

// ParseServer reads where a server is.
func ParseServer(s, forms string) (Server, error) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return Server{Path: path}, CheckUnixPath(path)
	}
	host, port := s, ""
	if before, after, ok := cutLast(s, ':'); ok && !strings.HasSuffix(s, "]") {
		host, port = before, after
	}
	a := Server{}
	if err := a.setHost(host, forms); err != nil {
		return a, err
	}
	return a, a.setPort(port)
}

// setHost takes an IP address, or a name that the master will resolve.
func (a *Server) setHost(host, forms string) error {
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
func (a *Server) setPort(port string) error {
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
