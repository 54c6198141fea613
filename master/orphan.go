package master

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// When a master is killed its workers serve on for a while. A master that is started meanwhile must not wait for them: it
// binds beside them, as members of the same SO_REUSEPORT groups. Others who have its addresses keep them.

// heldByOrphans says that workers of a master that is gone listen at an address, and nobody else does. A living master
// holds the sockets of its workers too.
func heldByOrphans(ap netip.AddrPort) bool {
	wanted := listeningAt(ap)
	if len(wanted) == 0 {
		return false
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
	if err != nil {
		return false
	}
	seen := make(map[string]bool)
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || !wanted[to] {
			continue
		}
		if !isWorker(filepath.Dir(filepath.Dir(link))) {
			return false
		}
		seen[to] = true
	}
	return len(seen) == len(wanted) // else somebody has one whom we may not look at
}

// isWorker says that a process, given by its directory in /proc, calls itself a worker of lbmaster.
func isWorker(dir string) bool {
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	return err == nil && bytes.HasPrefix(line, []byte(titlePrefix+"worker "))
}

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
