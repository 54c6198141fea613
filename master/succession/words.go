package succession

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Words is a pipe from the new master to the old one: it says that it has taken over, or why not.
type Words struct {
	End   int           // the new master's
	Hear  func() string // what has been said by now
	Close func()
}

func pipe() (*Words, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	end, err := duplicate(w)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &Words{end, func() string { return hear(r) }, func() {
		unix.Close(end)
		_ = r.Close()
	}}, nil
}

// say does not wait: the other end may be gone.
func say(fd int, text string) { _, _ = unix.Write(fd, []byte(text)) }

// hear reads what a new master has said by now. It does not wait: the pipe's end does not come, as tableflip keeps a copy of it. A
// deadline would be too early for one who is not given the processor in time.
func hear(r *os.File) string {
	raw, err := r.SyscallConn()
	if err != nil {
		return ""
	}
	said, n := make([]byte, 4<<10), 0
	if err := raw.Read(func(fd uintptr) bool {
		n, _ = unix.Read(int(fd), said)
		return true
	}); err != nil {
		return ""
	}
	return strings.TrimSpace(string(said[:max(n, 0)]))
}
