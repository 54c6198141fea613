package shm

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// allSeals make a memfd constant.
const allSeals = sizeSeals | unix.F_SEAL_WRITE

// maxSealed bounds what Unseal reads, in bytes.
const maxSealed = 64 << 20

// Seal puts data into a memfd that nobody can change any more, and returns its descriptor.
func Seal(name string, data []byte) (int, error) {
	fd, err := memfd(name)
	if err != nil {
		return -1, err
	}
	for rest := data; len(rest) > 0; {
		n, err := unix.Write(fd, rest)
		if err != nil {
			return -1, errors.Join(fmt.Errorf("cannot write %s: %w", name, err), unix.Close(fd))
		}
		rest = rest[n:]
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, allSeals); err != nil {
		return -1, errors.Join(fmt.Errorf("cannot seal %s: %w", name, err), unix.Close(fd))
	}
	return fd, nil
}

// Unseal reads what Seal has put into fd. It refuses a descriptor whose content could still change. fd stays open.
func Unseal(fd int) ([]byte, error) {
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil || seals&allSeals != allSeals {
		return nil, fmt.Errorf("descriptor %d is not a sealed memory file", fd)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("cannot examine descriptor %d: %w", fd, err)
	}
	if st.Size > maxSealed {
		return nil, fmt.Errorf("sealed memory file of %d bytes: at most %d are expected", st.Size, maxSealed)
	}
	data := make([]byte, st.Size)
	for n := 0; n < len(data); {
		k, err := unix.Pread(fd, data[n:], int64(n))
		if err != nil || k == 0 {
			return nil, fmt.Errorf("cannot read descriptor %d: %w", fd, err)
		}
		n += k
	}
	return data, nil
}
