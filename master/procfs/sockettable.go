package procfs

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

// ListeningOn is the sockets that listen on a path, as /proc/PID/fd shows them. Those which have taken it over are known by
// the path on which they were bound, HAProxy's always (PATH.PID.tmp); some may have lost it since.
func ListeningOn(path string) map[string]bool {
	found := make(map[string]bool)
	EachUnix(func(at, socket string) {
		if BoundFor(at, path) {
			found[socket] = true
		}
	})
	return found
}

// TakenSuffix is behind the name of a socket that takes a path over, until the path is the socket's.
const TakenSuffix = ".new"

// BoundFor says that a socket which was bound to at may have been meant for path.
func BoundFor(at, path string) bool {
	suffix, ok := strings.CutPrefix(at, path)
	return ok && (suffix == "" || suffix == TakenSuffix || haproxySuffix.MatchString(suffix))
}

var haproxySuffix = regexp.MustCompile(`^\.[0-9]+\.tmp$`)

// TCPTable is TCP sockets that listen, or are to listen, by what no two that have an address in common differ in. It is read once for
// many addresses: to read it takes time in proportion to all sockets of the machine.
type TCPTable map[FamilyPort][]tcpSocket

// tcpSocket is where a socket listens, and its name as /proc/PID/fd shows it.
type tcpSocket struct {
	at   netip.AddrPort
	name string
}

// ReadTCP is every TCP socket that listens now.
func ReadTCP() TCPTable {
	t := make(TCPTable)
	EachTCP(t.Add)
	return t
}

func (t TCPTable) Add(at netip.AddrPort, name string) {
	key := FamilyPortOf(at)
	t[key] = append(t[key], tcpSocket{at, name})
}

// At is the sockets At an address or At one that has addresses in common with it.
func (t TCPTable) At(ap netip.AddrPort) map[string]bool {
	found := make(map[string]bool)
	for _, s := range t[FamilyPortOf(ap)] {
		if conf.Relate(s.at, ap) != conf.Apart {
			found[s.name] = true
		}
	}
	return found
}

// Names is all sockets of the table.
func (t TCPTable) Names() map[string]bool {
	all := make(map[string]bool)
	for _, sockets := range t {
		for _, s := range sockets {
			all[s.name] = true
		}
	}
	return all
}

// AllListening is every socket that listens, as /proc/PID/fd shows them.
func AllListening() map[string]bool {
	found := make(map[string]bool)
	EachUnix(func(_, socket string) { found[socket] = true })
	EachTCP(func(_ netip.AddrPort, socket string) { found[socket] = true })
	return found
}

// EachUnix is called for each unix socket that listens.
func EachUnix(do func(at, socket string)) {
	text, _ := os.ReadFile("/proc/self/net/unix")
	const flags, inode, at, accepts = 3, 6, 7, "00010000" // __SO_ACCEPTCON
	for line := range strings.Lines(string(text)) {
		columns := strings.SplitN(strings.Join(strings.Fields(line), " "), " ", at+1)
		if len(columns) > at && columns[flags] == accepts {
			do(columns[at], socketNumber(columns[inode]))
		}
	}
}

// EachTCP is called for each TCP socket that listens.
func EachTCP(do func(at netip.AddrPort, socket string)) {
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

// FamilyPort is what a wide address has all addresses of.
type FamilyPort struct {
	four bool
	port uint16
}

func FamilyPortOf(at netip.AddrPort) FamilyPort { return FamilyPort{at.Addr().Is4(), at.Port()} }
