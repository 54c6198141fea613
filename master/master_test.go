package master

import (
	"context"
	"net"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
	"lbmaster/tools/rig"
)

func TestLayout(t *testing.T) {
	c := &conf.Config{
		Frontends: []conf.Frontend{{Name: "f"}, {Name: "g"}},
		Backends: []conf.Backend{
			{Name: "b", Servers: []conf.Server{{Name: "x", Weight: 3, Address: conf.Address{Host: "h", Port: 80}}, {Name: "y", Address: conf.Address{Path: "/s"}}}},
			{Name: "c"},
		},
	}
	want := []stats.Row{
		{Kind: stats.Worker},
		{Kind: stats.Frontend, Proxy: "f"},
		{Kind: stats.Frontend, Proxy: "g"},
		{Kind: stats.Backend, Proxy: "b"},
		{Kind: stats.Server, Proxy: "b", Server: "x"},
		{Kind: stats.Server, Proxy: "b", Server: "y"},
		{Kind: stats.Backend, Proxy: "c"},
	}
	if got := rows(c); !reflect.DeepEqual(got, want) {
		t.Errorf("rows %v", got)
	}
	names, states := servers(c)
	if want := []status.Server{{Proxy: "b", Name: "x", Address: "h:80"}, {Proxy: "b", Name: "y", Address: "unix:/s"}}; !reflect.DeepEqual(names, want) {
		t.Errorf("servers %v", names)
	}
	if states[0] != (status.State{Op: status.Up, Weight: 3}) {
		t.Errorf("state %+v", states[0])
	}
}

func TestResolve(t *testing.T) {
	lookup := func(_ context.Context, _, host string) ([]netip.Addr, error) {
		if host == "good" {
			return []netip.Addr{netip.MustParseAddr("::ffff:10.0.0.1"), netip.MustParseAddr("10.0.0.2")}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host}
	}
	server := func(name, host string) conf.Server {
		return conf.Server{Name: name, Address: conf.Address{Host: host, Port: 80}}
	}
	c := &conf.Config{Backends: []conf.Backend{{Section: "backend.b", Servers: []conf.Server{server("a", "good"), server("b", "bad"), server("c", "worse")}}}}
	c.Backends[0].Servers = append(c.Backends[0].Servers, conf.Server{Name: "d", Address: conf.Address{IP: netip.MustParseAddr("1.2.3.4")}},
		conf.Server{Name: "e", Address: conf.Address{Path: "/s"}})
	err := resolve(c, lookup)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"cannot resolve bad for server b of backend.b: no such host", "cannot resolve worse for server c of backend.b"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if ip := c.Backends[0].Servers[0].Address.IP; ip.String() != "10.0.0.1" {
		t.Errorf("good is %v", ip)
	}
}

// TestSignals: the table has every signal that the guide gives a meaning to.
func TestSignals(t *testing.T) {
	for s, want := range map[os.Signal]wish{
		unix.SIGTERM: wishStop, unix.SIGINT: wishInterrupt, unix.SIGUSR1: wishSoftStop, unix.SIGUSR2: wishRenew,
		unix.SIGHUP: wishRenew, unix.SIGTTOU: wishPause, unix.SIGTTIN: wishResume, unix.SIGQUIT: wishDump,
	} {
		if got, ok := wishes[s]; !ok || got != want {
			t.Errorf("%v: wish %d, %v", s, got, ok)
		}
	}
}

// TestMemoryLeavesNothing: what all processes share is given back as a whole.
func TestMemoryLeavesNothing(t *testing.T) {
	before := rig.CountFDs(os.Getpid())
	m, err := share(frontendWith(tcpBind("127.53.0.4", 8000)), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, fd := range m.fds() {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d of the start: flags %#x, %v", i, flags, err)
		}
	}
	m.vacate(0)
	m.close()
	if after := rig.CountFDs(os.Getpid()); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}
