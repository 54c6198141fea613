package proxy

import (
	"lbmaster/shared/control"
	"lbmaster/worker/sock"
)

// SetAside keeps n descriptors for what the master sends, which clients and servers then cannot take, and some for servers,
// which clients cannot take. It says whether there are so many.
func (p *Proxy) SetAside(n int) bool {
	p.spare.Empty()
	p.spare = sock.NewReserve(n)
	return p.spare.Fill() && p.worker.Upstream.SetAside()
}

// refilled says that what was set aside is there again after it was made use of. Before that nobody is accepted.
func (p *Proxy) refilled() bool { return p.spare.Fill() && p.worker.Upstream.Refill() }

// Spare says that there is room for what the master sends.
func (p *Proxy) Spare() bool { return p.spare.Fill() }

// ReceiveOrder receives a message of the master, with descriptors that nothing else can take meanwhile.
func (p *Proxy) ReceiveOrder(channel int) (control.Message, []int, error) {
	p.spare.Empty()
	m, fds, err := control.Recv(channel)
	p.spare.Fill() // else before the next client is accepted
	return m, fds, err
}
