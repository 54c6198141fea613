package monitor

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A page in a browser on this machine can reach a loopback address by a name of its own that resolves to it, and read what is there
// (DNS rebinding). The browser says that name in Host: so names are answered only if they are known.

// otherHostText is for who asks by a name that is not.
const otherHostText = "This is not the name of this server: ask for its address, or add the name to hosts in [admin]."

// onlyHosts answers 421 (RFC 9110 section 15.5.20) to requests for another host.
func (m *monitor) onlyHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var local netip.Addr
		if a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
			local = a.AddrPort().Addr()
		}
		if !goodHost(r.Host, m.config.Admin.Listen.Addr(), local, m.config.Admin.Hosts) {
			http.Error(w, otherHostText, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// goodHost says whether a Host names the listening address, the one that the client has connected to, localhost if that is a
// loopback address, or a configured name. The port does not count: a forwarded one differs.
func goodHost(host string, listen, local netip.Addr, names []string) bool {
	if host == "" { // HTTP/1.0; a browser says one
		return true
	}
	host, ok := withoutPort(host)
	if !ok {
		return false
	}
	listen, local = listen.Unmap(), local.Unmap().WithZone("")
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap().WithZone("")
		return ip == listen || ip == local
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" && local.IsLoopback() || slices.Contains(names, host)
}

// withoutPort is the host of "host", "host:port", "[v6]" or "[v6]:port" (RFC 9110 section 7.2).
func withoutPort(s string) (host string, ok bool) {
	if inner, found := strings.CutPrefix(s, "["); found {
		address, rest, found := strings.Cut(inner, "]")
		return address, found && strings.Contains(address, ":") && (rest == "" || rest[0] == ':' && port(rest[1:]))
	}
	host, p, found := strings.Cut(s, ":")
	return host, !found || port(p)
}

func port(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil
}
