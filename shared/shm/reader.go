package shm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Reader reads a segment that somebody else writes, without mapping it: what was never written takes no memory by being read, which it
// does in a mapping; and what has been read does not change any more.
type Reader struct {
	file *os.File
	size int
}

// ReadOnly is another descriptor of the segment behind fd, by which nobody can write or map it for writing. It is the caller's.
func ReadOnly(fd int) (int, error) {
	own, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot open a segment for reading: %w", err)
	}
	return own, nil
}

// NewReader reads the segment behind fd, and takes ownership of fd if there is no error.
func NewReader(fd int, kind, version uint32) (*Reader, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("cannot examine segment %d: %w", fd, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, fmt.Errorf("descriptor %d is no shared segment", fd)
	}
	var h header
	n, err := unix.Pread(fd, unsafe.Slice((*byte)(unsafe.Pointer(&h)), HeaderSize), 0)
	if err != nil || n != HeaderSize {
		return nil, fmt.Errorf("descriptor %d is no shared segment: %d bytes can be read: %w", fd, n, err)
	}
	if err := h.check(kind, version, st.Size); err != nil {
		return nil, err
	}
	return &Reader{os.NewFile(uintptr(fd), "segment"), int(st.Size) - HeaderSize}, nil
}

// Size is the number of bytes that the user has.
func (r *Reader) Size() int { return r.size }

// ReadAt fills p from the user's offset off on.
func (r *Reader) ReadAt(p []byte, off int) error {
	_, err := r.file.ReadAt(p, int64(HeaderSize+off))
	return err
}

// Written is the first offset from off on that may have been written; ok is false when there is none. One goroutine at a time
// may ask.
func (r *Reader) Written(off int) (at int, ok bool, err error) {
	to, err := r.file.Seek(int64(HeaderSize+off), unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return 0, false, nil
	}
	return int(to) - HeaderSize, err == nil, err
}

// Close ends the reading, also that which is going on in another goroutine.
func (r *Reader) Close() error {
	if err := r.file.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}
