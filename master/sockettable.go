package master

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"

	"lbmaster/conf"
)

// The kernel's tables of sockets, see proc(5). They are read below /proc/self: of /proc itself a service manager may show
// processes only (ProcSubset=pid in systemd.exec(5)).

// listeningOn is the sockets that listen on a path, as /proc/PID/fd shows them. Those which have taken it over are known by
// the path on which they were bound, HAProxy's always (PATH.PID.tmp); some may have lost it since.
func listeningOn(path string) map[string]bool {
	found := make(map[string]bool)
	eachUnix(func(at, socket string) {
		if boundFor(at, path) {
			found[socket] = true
		}
	})
	return found
}

// boundFor says that a socket which was bound to at may have been meant for path.
func boundFor(at, path string) bool {
	suffix, ok := strings.CutPrefix(at, path)
	return ok && (suffix == "" || suffix == takenSuffix || haproxySuffix.MatchString(suffix))
}

var haproxySuffix = regexp.MustCompile(`^\.[0-9]+\.tmp$`)

// tcpTable is TCP sockets that listen, or are to listen, by what no two that have an address in common differ in. It is read once for
// many addresses: to read it takes time in proportion to all sockets of the machine.
type tcpTable map[familyPort][]tcpSocket

// tcpSocket is where a socket listens, and its name as /proc/PID/fd shows it.
type tcpSocket struct {
	at   netip.AddrPort
	name string
}

// readTCP is every TCP socket that listens now.
func readTCP() tcpTable {
	t := make(tcpTable)
	eachTCP(t.add)
	return t
}

func (t tcpTable) add(at netip.AddrPort, name string) {
	key := familyPortOf(at)
	t[key] = append(t[key], tcpSocket{at, name})
}

// at is the sockets at an address or at one that has addresses in common with it.
func (t tcpTable) at(ap netip.AddrPort) map[string]bool {
	found := make(map[string]bool)
	for _, s := range t[familyPortOf(ap)] {
		if conf.Relate(s.at, ap) != conf.Apart {
			found[s.name] = true
		}
	}
	return found
}

// names is all sockets of the table.
func (t tcpTable) names() map[string]bool {
	all := make(map[string]bool)
	for _, sockets := range t {
		for _, s := range sockets {
			all[s.name] = true
		}
	}
	return all
}

// allListening is every socket that listens, as /proc/PID/fd shows them.
func allListening() map[string]bool {
	found := make(map[string]bool)
	eachUnix(func(_, socket string) { found[socket] = true })
	eachTCP(func(_ netip.AddrPort, socket string) { found[socket] = true })
	return found
}

// eachUnix is called for each unix socket that listens.
func eachUnix(do func(at, socket string)) {
	text, _ := os.ReadFile("/proc/self/net/unix")
	const flags, inode, at, accepts = 3, 6, 7, "00010000" // __SO_ACCEPTCON
	for line := range strings.Lines(string(text)) {
		columns := strings.SplitN(strings.Join(strings.Fields(line), " "), " ", at+1)
		if len(columns) > at && columns[flags] == accepts {
			do(columns[at], socketNumber(columns[inode]))
		}
	}
}

// eachTCP is called for each TCP socket that listens.
func eachTCP(do func(at netip.AddrPort, socket string)) {
	const local, state, inode, listen = 1, 3, 9, "0A"
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, _ := os.ReadFile(table) // there is no second one without IPv6
		for line := range strings.Lines(string(text)) {
			columns := strings.Fields(line)
			if len(columns) <= inode || columns[state] != listen {
				continue
			}
			if at, ok := parseProcAddress(columns[local]); ok {
				do(at, socketNumber(columns[inode]))
			}
		}
	}
}

// parseProcAddress reads an address as /proc/net/tcp writes it: in words of 32 bits of the machine's byte order, the port
// behind.
func parseProcAddress(text string) (netip.AddrPort, bool) {
	words, port, _ := strings.Cut(text, ":")
	ip, err := hex.DecodeString(words)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(ip)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(ip); i += 4 {
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(ip[i:]))
	}
	addr, ok := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr, uint16(n)), ok
}
