// Package regular reads files that operators name: regular ones, of a bounded size.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// MaxSize is the size in bytes of a file, at most.
const MaxSize = 16 << 20

// ErrOther says that something is no regular file.
var ErrOther = errors.New("name a regular file")

// Read reads a file. What is none, such as a FIFO or a device, could keep the reader for ever, or never end, and is refused.
func Read(name string) ([]byte, error) {
	// Without O_NONBLOCK, fifo(7) waits for a writer; O_NOCTTY: no terminal becomes ours, see open(2).
	f, err := os.OpenFile(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is %s: %w", name, kind(info.Mode()), ErrOther)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1)) // not the size that Stat says: files of /proc have none, and others grow
	if err == nil && len(text) > MaxSize {
		return nil, fmt.Errorf("%q is too large: at most %d MiB are read", name, MaxSize>>20)
	}
	return text, err
}

// kind is what a file is that is not regular.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no file with a text"
}
