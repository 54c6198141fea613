package listen

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"lbmaster/master/procfs"

	"golang.org/x/sys/unix"
)

// servesAt is a generation before, with the sockets of its addresses.
type servesAt map[string]*Listener

func (s servesAt) Take(address string) (*Listener, error) {
	l := s[address]
	delete(s, address)
	if l != nil {
		l.Lent = true
	}
	return l, nil
}

func (s servesAt) Serves() map[string]bool {
	all := make(map[string]bool)
	for _, l := range s {
		for _, fd := range l.FDs {
			all[procfs.SocketName(fd)] = true
		}
	}
	return all
}

func (s servesAt) Left() []string {
	var all []string
	for address := range s {
		all = append(all, address)
	}
	return all
}

// listenAt are the sockets of TCP addresses, by these.
func listenAt(t *testing.T, workers int, addresses ...string) servesAt {
	t.Helper()
	s := make(servesAt)
	for _, address := range addresses {
		ap := netip.MustParseAddrPort(address)
		all, err := All(frontendWith(tcpBind(ap.Addr().String(), int(ap.Port()))), workers, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { CloseAll(all) })
		s[address] = all[0]
	}
	return s
}

// TestNarrower: the more exact sockets listen when the generation has taken over, and not before: until then they would get
// clients for whom nobody may ever come.
func TestNarrower(t *testing.T) {
	before := listenAt(t, 2, "0.0.0.0:8190", "[::]:8190")
	all, err := All(frontendWith(tcpBind("127.53.0.20", 8190), tcpBind("::1", 8190), tcpBind("127.53.0.20", 8189)), 2, before, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseAll(all)
	for i, want := range []bool{false, false, true} {
		if got := listening(t, all[i].FDs[0]); got != want {
			t.Errorf("%s listens before it has taken over: %v", all[i].Key, got)
		}
	}
	for _, l := range all {
		if err := l.Own(); err != nil || !listening(t, l.FDs[1]) {
			t.Errorf("%s does not listen after that: %v", l.Key, err)
		}
	}
	if left := before.Left(); len(left) != 2 {
		t.Errorf("left: %q", left)
	}
}

// TestWider: exact sockets which the generation before has serve for the wide address, as many as there are workers; those of another
// port or family, and the wide ones of a family that is not asked for, are left.
func TestWider(t *testing.T) {
	before := listenAt(t, 1, "127.53.0.21:8188", "127.53.0.22:8188", "127.53.0.21:8187", "[::1]:8188")
	all, err := All(frontendWith(tcpBind("127.53.0.21", 8186), tcpBind("0.0.0.0", 8188)), 2, before, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer CloseAll(all)
	var keys []string
	for _, l := range all {
		keys = append(keys, l.Key)
		if l.Key != "127.53.0.21:8186" && (l.Shard.Bind != 1 || len(l.FDs) != 2) {
			t.Errorf("%s: shard %v, %d sockets", l.Key, l.Shard, len(l.FDs))
		}
	}
	slices.Sort(keys)
	if want := []string{"0.0.0.0:8188", "127.53.0.21:8186", "127.53.0.21:8188", "127.53.0.22:8188"}; !slices.Equal(keys, want) {
		t.Errorf("%q", keys)
	}
	left := before.Left()
	slices.Sort(left)
	if want := []string{"127.53.0.21:8187", "[::1]:8188"}; !slices.Equal(left, want) {
		t.Errorf("left: %q", left)
	}
	for _, address := range left { // listenAt's own
		before[address].Close()
	}
}

// TestWiderBesideStranger: our own part of an address does not hide somebody else's.
func TestWiderBesideStranger(t *testing.T) {
	before := listenAt(t, 1, "127.53.0.23:8185")
	stranger, err := bindTCP(netip.MustParseAddrPort("127.53.0.24:8185"), true, false)
	if err == nil {
		err = unix.Listen(stranger, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(stranger)
	wide := frontendWith(tcpBind("0.0.0.0", 8185))
	if _, err := All(wide, 1, before, nil); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("%v", err)
	}
}

// TestDualStackStranger: a socket for both families, as most programs open it, keeps us from those of IPv4; one of ours for IPv6
// does not.
func TestDualStackStranger(t *testing.T) {
	stranger, err := net.Listen("tcp", "[::]:8184")
	if err != nil {
		t.Fatal(err)
	}
	_, err = All(frontendWith(tcpBind("127.53.0.25", 8184)), 1, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("%v", err)
	}
	stranger.Close()
	all, err := All(frontendWith(tcpBind("::", 8184), tcpBind("0.0.0.0", 8184), tcpBind("127.53.0.25", 8184), tcpBind("::1", 8184)), 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	CloseAll(all)
}

// TestEarly: an address that is not there can be bound when it is to come, and not otherwise; TTIN finds it free.
func TestEarly(t *testing.T) {
	for _, at := range []string{"192.0.2.7:8183", "[2001:db8::7]:8183"} {
		ap := netip.MustParseAddrPort(at)
		c := frontendWith(tcpBind(ap.Addr().String(), int(ap.Port())))
		if _, err := All(c, 1, nil, nil); !errors.Is(err, unix.EADDRNOTAVAIL) || !strings.Contains(err.Error(), "free_bind = true") {
			t.Errorf("%s: %v", at, err)
		}
		c.Frontends[0].FreeBind = true
		all, err := All(c, 2, nil, nil)
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		all[0].Shut()
		if err := errors.Join(all[0].Free(), all[0].ListenAgain()); err != nil {
			t.Error(err)
		}
		CloseAll(all)
	}
}
