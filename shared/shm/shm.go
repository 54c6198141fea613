// Package shm shares memory between the master and its children.
//
// A segment is a memfd that begins with a header. Its size is sealed, so that no process can shrink it under another
// one, which would kill that with SIGBUS. What lies behind the header is laid out by the packages that use it. This is
// the only package that maps memory and makes Go pointers into it.
//
//	0        8       12        16       24          64              size
//	| magic  | kind | version  | size   | reserved  | the user's ... |
package shm

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// HeaderSize is where the user's part begins. Offsets for At and Slice count from there.
const HeaderSize = 64

const magic = 0x7265_7473_616d_626c // "lbmaster" in the memory of a little-endian machine

// header is at the start of every segment.
type header struct {
	magic   uint64
	kind    uint32
	version uint32
	size    uint64
	_       [5]uint64
}

// Segment is shared memory that is mapped into this process.
type Segment struct {
	fd  int
	mem []byte
}

// sizeSeals keep a segment's size as it is.
const sizeSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// Create makes a segment with room for size bytes, all zero. The name shows in /proc; kind and version are the user's,
// and what Open compares.
func Create(name string, kind, version uint32, size int) (*Segment, error) {
	fd, err := memfd(name)
	if err != nil {
		return nil, err
	}
	total := (HeaderSize + size + os.Getpagesize() - 1) &^ (os.Getpagesize() - 1)
	if err := unix.Ftruncate(fd, int64(total)); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot give segment %s %d bytes: %w", name, total, err), unix.Close(fd))
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, sizeSeals); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot seal segment %s: %w", name, err), unix.Close(fd))
	}
	s, err := mapped(fd, total)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	*s.header() = header{magic: magic, kind: kind, version: version, size: uint64(total)}
	return s, nil
}

// Open maps the segment behind fd, and takes ownership of fd if there is no error.
func Open(fd int, kind, version uint32) (*Segment, error) {
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d is no shared segment: %w", fd, err)
	}
	if seals&sizeSeals != sizeSeals {
		return nil, fmt.Errorf("descriptor %d is no shared segment: its size is not sealed", fd)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("cannot examine segment %d: %w", fd, err)
	}
	if st.Size < HeaderSize {
		return nil, fmt.Errorf("descriptor %d is no shared segment: it has %d bytes only", fd, st.Size)
	}
	s, err := mapped(fd, int(st.Size))
	if err != nil {
		return nil, err
	}
	if err := s.header().check(kind, version, st.Size); err != nil {
		return nil, errors.Join(err, unix.Munmap(s.mem))
	}
	return s, nil
}

func (h *header) check(kind, version uint32, size int64) error {
	switch {
	case h.magic != magic:
		return errors.New("not a shared segment of lbmaster")
	case h.kind != kind:
		return fmt.Errorf("a shared segment of kind %#x, not %#x", h.kind, kind)
	case h.version != version:
		return fmt.Errorf("a shared segment of version %d, not %d", h.version, version)
	case h.size != uint64(size):
		return fmt.Errorf("a shared segment of %d bytes that says it has %d", size, h.size)
	}
	return nil
}

func memfd(name string) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return -1, fmt.Errorf("cannot create the memory file %s: %w", name, err)
	}
	return fd, nil
}

func mapped(fd, size int) (*Segment, error) {
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("cannot map %d bytes of shared memory: %w", size, err)
	}
	return &Segment{fd, mem}, nil
}

func (s *Segment) header() *header { return (*header)(unsafe.Pointer(unsafe.SliceData(s.mem))) }

// FD is the segment's descriptor, for another process to Open. The segment keeps owning it.
func (s *Segment) FD() int { return s.fd }

// Size is the number of bytes that the user has.
func (s *Segment) Size() int { return len(s.mem) - HeaderSize }

// Close unmaps the segment: every pointer into it is invalid from then on.
func (s *Segment) Close() error {
	mem := s.mem
	s.mem = nil
	return errors.Join(unix.Munmap(mem), unix.Close(s.fd))
}

// Release unmaps the segment as Close does, and gives its descriptor to the caller.
func (s *Segment) Release() (fd int, err error) {
	mem := s.mem
	s.mem = nil
	return s.fd, unix.Munmap(mem)
}

// At is the T at the user's offset off. It stays valid until Close. T must have no Go pointers in it. An offset that is
// outside or not aligned is a mistake of the program, and panics.
func At[T any](s *Segment, off int) *T {
	return &Slice[T](s, off, 1)[0]
}

// SizeOf is the number of bytes that a T takes in a segment.
func SizeOf[T any]() int {
	var t T
	return int(unsafe.Sizeof(t))
}

// Slice is n of T in a row, from the user's offset off on, under the conditions of At.
func Slice[T any](s *Segment, off, n int) []T {
	var t T
	size, align := SizeOf[T](), int(unsafe.Alignof(t))
	if off < 0 || n < 0 || off%align != 0 || size == 0 || off > s.Size() || n > (s.Size()-off)/size {
		panic(fmt.Sprintf("shm: %d of %d bytes at %d do not lie in a segment of %d bytes", n, size, off, s.Size()))
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&s.mem[HeaderSize+off])), n)
}
