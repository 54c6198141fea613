package procfs

import "maps"

// When a master is killed its workers serve on for a while. A master that is started meanwhile must not wait for them: it
// binds beside them, as members of the same SO_REUSEPORT groups, and takes the paths of unix sockets over. Others who have
// its addresses keep them.

// HeldByOrphans says that children of a master that is gone hold all these sockets, and nobody else does. A living master
// holds the sockets of its children too.
func HeldByOrphans(sockets map[string]bool) bool {
	return len(sockets) > 0 && len(Orphaned(sockets)) == len(sockets)
}

// Orphaned is those of the sockets that children of a master that is gone hold, and nobody else does.
func Orphaned(sockets map[string]bool) map[string]bool {
	theirs := make(map[string]bool)
	others := make(map[string]bool)
	for dir, held := range Holders(sockets) {
		if IsChild(dir) {
			maps.Copy(theirs, held)
		} else {
			maps.Copy(others, held)
		}
	}
	maps.DeleteFunc(theirs, func(socket string, _ bool) bool { return others[socket] })
	return theirs
}

// HeldByNobody says that orphans hold these sockets, or instances which have given up all their other addresses: in a pause
// that makes room for another instance, or because they end with their last session.
func HeldByNobody(sockets map[string]bool) bool {
	if len(sockets) == 0 {
		return false
	}
	seen := make(map[string]bool)
	for dir, held := range Holders(sockets) {
		if !IsChild(dir) && !HasLeft(dir, sockets) {
			return false
		}
		maps.Copy(seen, held)
	}
	return len(seen) == len(sockets) // else somebody has one whom we may not look at
}

// HasLeft says that a master listens nowhere any more, but for the sockets in spare.
func HasLeft(dir string, spare map[string]bool) bool {
	if !IsMaster(PIDOf(dir)) {
		return false
	}
	listening, sockets := AllListening(), SocketsOf(dir)
	for socket := range sockets {
		if listening[socket] && !spare[socket] {
			return false
		}
	}
	return len(sockets) > 0 // else we may not look: it has at least those by which it speaks to its children
}
