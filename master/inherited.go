package master

import (
	"slices"

	"lbmaster/master/listen"
	"lbmaster/master/succession"
)

// inheritedSockets are the listening sockets that the old master has handed over. Those that nobody takes are closed when we take over:
// old workers, which hold them too, accept what waits there before they close theirs.
type inheritedSockets struct {
	from      func(name string) (int, error)
	listeners map[string]succession.Listener // by address; those that are left
	sockets   map[string]bool                // of all, and those of older generations, as /proc/PID/fd shows them
}

func newInheritedSockets(from func(name string) (int, error), s *succession.State) *inheritedSockets {
	inherited := &inheritedSockets{from, make(map[string]succession.Listener), make(map[string]bool)}
	for _, socket := range s.Older {
		inherited.sockets[socket] = true
	}
	for _, l := range s.Listeners {
		inherited.listeners[l.Address] = l
		for _, socket := range l.Sockets {
			inherited.sockets[socket] = true
		}
	}
	return inherited
}

func (s *inheritedSockets) Serves() map[string]bool { return s.sockets }

// Left is in order, so that all generations do the same. Sockets with another owner are not among it: that one says where they
// are.
func (s *inheritedSockets) Left() []string {
	var all []string
	for address, l := range s.listeners {
		if !l.One {
			all = append(all, address)
		}
	}
	slices.Sort(all)
	return all
}

// Take takes the sockets of an address; nil: there are none. A first generation has inherited none.
func (s *inheritedSockets) Take(address string) (*listen.Listener, error) {
	if s == nil {
		return nil, nil
	}
	there, ok := s.listeners[address]
	if !ok {
		return nil, nil
	}
	delete(s.listeners, address)
	if there.Inode != 0 && listen.InodeOf(there.Path) != there.Inode {
		return nil, nil // nobody finds this socket any more: there is to be a new one, and old workers empty its queue
	}
	l := &listen.Listener{Inode: there.Inode, Path: there.Path, One: there.One, Lent: true}
	for i := range there.Shards {
		fd, err := s.from(succession.ShardName(address, i))
		if err != nil {
			l.Close()
			return nil, err
		}
		l.FDs = append(l.FDs, fd)
	}
	return l, nil
}
