package status

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// address is where a server is reached, when that has been changed at run time. It does not fit in one word, so that its
// last word says whether the others belong together: it is odd while they are being written.
type address struct {
	ip   [2]atomic.Uint64 // IPv4 in the form ::ffff:a.b.c.d
	port atomic.Uint64    // 0: never changed
	seq  atomic.Uint64
}

// Address is where server i is reached since StoreAddress; the zero AddrPort when that is as configured. It is not valid,
// too, in the moment in which it is being changed: then the version changes again.
func (b *Board) Address(i int) netip.AddrPort {
	a := &b.slots[i].address
	seq := a.seq.Load()
	high, low, port := a.ip[0].Load(), a.ip[1].Load(), a.port.Load()
	if port == 0 || seq%2 != 0 || a.seq.Load() != seq {
		return netip.AddrPort{}
	}
	var ip [16]byte
	binary.BigEndian.PutUint64(ip[:8], high)
	binary.BigEndian.PutUint64(ip[8:], low)
	return netip.AddrPortFrom(netip.AddrFrom16(ip).Unmap(), uint16(port))
}

// StoreAddress changes where server i is reached. The board has one writer.
func (b *Board) StoreAddress(i int, to netip.AddrPort) {
	a := &b.slots[i].address
	ip := to.Addr().As16()
	odd := a.seq.Load() | 1 // it is odd already when the writer before was killed while it wrote
	a.seq.Store(odd)
	a.ip[0].Store(binary.BigEndian.Uint64(ip[:8]))
	a.ip[1].Store(binary.BigEndian.Uint64(ip[8:]))
	a.port.Store(uint64(to.Port()))
	a.seq.Store(odd + 1)
	b.head.version.Add(1)
}
