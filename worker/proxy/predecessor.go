package proxy

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/control"
	"lbmaster/worker/sock"
)

// crowdedTime is how long connections that have been handed over wait for room before it is looked for again.
const crowdedTime = 10 * time.Millisecond

// AddPredecessor takes the connections that come through the channel of a predecessor until that closes its end. The proxy owns the
// channel from then on.
func (p *Proxy) AddPredecessor(channel int) error {
	kind, err := unix.GetsockoptInt(channel, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind != unix.SOCK_SEQPACKET {
		err = unix.EPROTOTYPE
	}
	if err = errors.Join(err, unix.SetNonblock(channel, true)); err != nil {
		unix.Close(channel)
		return fmt.Errorf("descriptor %d is no channel for connections: %w", channel, err)
	}
	p.channels = append(p.channels, channel)
	p.listenTo(channel)
	return nil
}

// drainChannels takes what may still be in the channels of predecessors, when this process has drained itself, and lets nothing more
// in: a predecessor that sends learns that it has no successor any more. drainChannels reports whether there was anything.
func (p *Proxy) drainChannels() bool {
	for _, channel := range slices.Clone(p.channels) {
		// What has been sent can still be received (unix(7)); then comes the end.
		_ = unix.Shutdown(channel, unix.SHUT_RD)
		p.receive(channel)
	}
	return p.sessions.Used() > 0 || p.crowded
}

// receive takes the connections that have come, and says whether it has taken all. What there is no room for stays in the
// channel, with what its client sends, until there is.
func (p *Proxy) receive(channel int) bool {
	for n := 0; ; {
		if !roomForClient() && !p.worker.Upstream.DropIdle() {
			p.confirm(channel, n)
			p.receiveLater(channel)
			return false
		}
		place, fd, err := control.RecvConnection(channel)
		switch {
		case err == nil:
			n++
			p.beginReceived(place.Shard(), sock.Own(fd))
		case errors.Is(err, unix.EAGAIN):
			p.confirm(channel, n)
			return true
		case errors.Is(err, io.EOF):
			p.closeChannel(channel)
			return true
		case errors.Is(err, control.ErrNotUnderstood), errors.Is(err, control.ErrNoRoom):
			p.complain(err)
		default: // no memory
			p.complain(fmt.Errorf("cannot receive connections that are handed over: %w", err))
			p.confirm(channel, n)
			p.receiveLater(channel)
			return false
		}
	}
}

func (p *Proxy) closeChannel(channel int) {
	p.loop.Unwatch(channel)
	p.channels = slices.DeleteFunc(p.channels, func(c int) bool { return c == channel })
	unix.Close(channel)
}

// confirm tells a predecessor that n of its connections are counted here. A predecessor that is not told releases their reservations by
// itself.
func (p *Proxy) confirm(channel, n int) {
	if err := control.Confirm(channel, n); err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.EAGAIN) {
		p.complain(fmt.Errorf("cannot confirm connections that were handed over: %w", err))
	}
}

// receiveLater turns away from a channel until there may be room. Nobody else is accepted before.
func (p *Proxy) receiveLater(channel int) {
	p.loop.Unwatch(channel)
	p.crowded = true
	if p.retrying {
		return
	}
	p.retrying = true
	p.loop.After(crowdedTime, func() {
		p.retrying = false
		if p.crowded {
			p.receiveAll()
		}
	})
}

// receiveAll tries all channels again, and says whether nothing waits there any more.
func (p *Proxy) receiveAll() bool {
	p.crowded = false
	for _, channel := range slices.Clone(p.channels) {
		p.loop.Unwatch(channel)
		if p.receive(channel) && slices.Contains(p.channels, channel) {
			p.listenTo(channel)
		}
	}
	return !p.crowded
}

// listenTo waits for connections to come through a channel.
func (p *Proxy) listenTo(channel int) {
	if err := p.loop.Watch(channel, func() { p.receive(channel) }); err != nil {
		p.complain(err)
		p.receiveLater(channel)
	}
}

// beginReceived goes on with the client connection of a predecessor. That has accepted and counted it: here only the gauges of open
// connections count it.
func (p *Proxy) beginReceived(at control.Shard, fd sock.FD) {
	if at.Frontend >= len(p.frontends) || p.frontends[at.Frontend] == nil || p.frontends[at.Frontend].mode != conf.ModeHTTP {
		fd.Close()
		return
	}
	f := p.frontends[at.Frontend]
	p.gauges.Sessions.AddFirst(1)
	f.gauges.Sessions.AddFirst(1)
	s := p.begin(f, at.Bind, fd.Peer())
	s.client.Open(fd, s.token())
	s.client.Fresh = false
	s.client.Fill(p.worker.Pools)
	p.loop.Enqueue(&s.task)
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
