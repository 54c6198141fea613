package proxy

import (
	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/worker/sock"
)

// Keep sets n descriptors aside for what the master sends, which clients and servers then cannot take, and says whether there
// are so many.
func (p *Proxy) Keep(n int) bool {
	p.spare.Empty()
	p.spare = sock.NewReserve(n)
	return p.spare.Fill()
}

// Kept says that what was set aside is there again, after messages have made use of it. Before that nobody is accepted.
func (p *Proxy) Kept() bool { return p.spare.Fill() }

// Hear receives a message of the master, with descriptors that nothing else can take meanwhile.
func (p *Proxy) Hear(channel int) (control.Message, []int, error) {
	p.spare.Empty()
	m, fds, err := control.Recv(channel)
	p.spare.Fill() // else before the next client is accepted
	return m, fds, err
}

// roomForClient says that a connection which waits in a channel can be received: it must not be lost.
func roomForClient() bool {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}
