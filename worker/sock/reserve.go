package sock

import "golang.org/x/sys/unix"

// Reserve keeps descriptors from being taken: while it is full, so many can be opened as soon as it has been emptied. The zero
// value keeps none.
type Reserve struct {
	size int
	fds  []int
}

// NewReserve is a reserve of n descriptors, which is empty.
func NewReserve(n int) Reserve { return Reserve{size: n, fds: make([]int, 0, n)} }

// Fill takes the descriptors, and says whether there were enough. Of one that is full it costs a comparison.
func (r *Reserve) Fill() bool {
	for len(r.fds) < r.size {
		fd, err := r.open()
		if err != nil {
			return false
		}
		r.fds = append(r.fds, fd)
	}
	return true
}

// open makes one more descriptor of one file, so that the reserve takes one from the system's limit of files.
func (r *Reserve) open() (int, error) {
	if len(r.fds) > 0 {
		return unix.FcntlInt(uintptr(r.fds[0]), unix.F_DUPFD_CLOEXEC, 0)
	}
	return unix.Eventfd(0, unix.EFD_CLOEXEC)
}

// Empty gives the descriptors back.
func (r *Reserve) Empty() {
	for _, fd := range r.fds {
		unix.Close(fd)
	}
	r.fds = r.fds[:0]
}

// Spend gives one descriptor back, if there is one.
func (r *Reserve) Spend() bool {
	n := len(r.fds)
	if n == 0 {
		return false
	}
	unix.Close(r.fds[n-1])
	r.fds = r.fds[:n-1]
	return true
}
