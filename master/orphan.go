package master

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// When a master is killed its workers serve on for a while. A master that is started meanwhile must not wait for them: it
// binds beside them, as members of the same SO_REUSEPORT groups, and takes the paths of unix sockets over. Others who have
// its addresses keep them.

// heldByOrphans says that children of a master that is gone hold all these sockets, and nobody else does. A living master
// holds the sockets of its children too.
func heldByOrphans(sockets map[string]bool) bool {
	if len(sockets) == 0 {
		return false
	}
	seen := make(map[string]bool)
	for dir, held := range holders(sockets) {
		if !calls(dir, titlePrefix) {
			return false
		}
		maps.Copy(seen, held)
	}
	return len(seen) == len(sockets) // else somebody has one whom we may not look at
}

// heldByMonitor says that the monitor of some instance is among those who hold these sockets.
func heldByMonitor(sockets map[string]bool) bool {
	for dir := range holders(sockets) {
		if calls(dir, titlePrefix+"monitor") {
			return true
		}
	}
	return false
}

// holders are the processes that hold any of these sockets, and which, by their directories in /proc.
func holders(sockets map[string]bool) map[string]map[string]bool {
	all := make(map[string]map[string]bool)
	links, _ := filepath.Glob("/proc/[0-9]*/fd/[0-9]*") // it fails for a bad pattern only
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || !sockets[to] {
			continue
		}
		dir := filepath.Dir(filepath.Dir(link))
		if all[dir] == nil {
			all[dir] = make(map[string]bool)
		}
		all[dir][to] = true
	}
	return all
}

// calls says that a process, given by its directory in /proc, calls itself something that begins so.
func calls(dir, title string) bool {
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	return err == nil && bytes.HasPrefix(line, []byte(title))
}

// listeningOn is the sockets that listen on a path, as /proc/PID/fd shows them (proc(5), /proc/net/unix). Those which have
// taken it over are known by the path on which they were bound, HAProxy's always (PATH.PID.tmp); some may have lost it since.
func listeningOn(path string) map[string]bool {
	text, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil
	}
	const flags, inode, at, accepts = 3, 6, 7, "00010000" // __SO_ACCEPTCON
	found := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		columns := strings.SplitN(strings.Join(strings.Fields(line), " "), " ", at+1)
		if len(columns) > at && columns[flags] == accepts && boundFor(columns[at], path) {
			found["socket:["+columns[inode]+"]"] = true
		}
	}
	return found
}

// boundFor says that a socket which was bound to at may have been meant for path.
func boundFor(at, path string) bool {
	suffix, ok := strings.CutPrefix(at, path)
	return ok && (suffix == "" || suffix == takenSuffix || haproxySuffix.MatchString(suffix))
}

var haproxySuffix = regexp.MustCompile(`^\.[0-9]+\.tmp$`)

// listeningAt is the sockets that listen at an address, as /proc/PID/fd shows them (proc(5), /proc/net/tcp).
func listeningAt(ap netip.AddrPort) map[string]bool {
	table := "/proc/net/tcp"
	if !ap.Addr().Is4() {
		table = "/proc/net/tcp6"
	}
	text, err := os.ReadFile(table)
	if err != nil {
		return nil
	}
	const local, state, inode, listen = 1, 3, 9, "0A"
	found := make(map[string]bool)
	for line := range strings.Lines(string(text)) {
		columns := strings.Fields(line)
		if len(columns) > inode && columns[state] == listen && columns[local] == procAddress(ap) {
			found["socket:["+columns[inode]+"]"] = true
		}
	}
	return found
}

// procAddress is an address as /proc/net/tcp writes it: in words of 32 bits of the machine's byte order, the port behind.
func procAddress(ap netip.AddrPort) string {
	var words strings.Builder
	for ip := range slices.Chunk(ap.Addr().AsSlice(), 4) {
		fmt.Fprintf(&words, "%08X", binary.NativeEndian.Uint32(ip))
	}
	return fmt.Sprintf("%s:%04X", words.String(), ap.Port())
}
