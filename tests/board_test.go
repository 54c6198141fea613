//go:build linux

package tests

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lbmaster/shared/status"
)

// board is the server status board of a running lbmaster. Where servers are not checked, a test writes on it what checks
// would find out.
type board struct {
	*status.Board
	t *testing.T
}

// board opens the board.
func (b *balancer) board() *board {
	b.t.Helper()
	fd, err := openMemory(b.Pid, "lbmaster-status")
	if err != nil {
		b.t.Fatal(err)
	}
	s, err := status.Open(fd)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { s.Close() })
	return &board{s, b.t}
}

// openMemory opens the memory file of that name which a process holds.
func openMemory(pid int, name string) (int, error) {
	dir := fmt.Sprintf("/proc/%d/fd/", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return -1, err
	}
	for _, e := range entries {
		// See memfd_create(2): that is how the link of such a descriptor reads.
		if to, _ := os.Readlink(dir + e.Name()); strings.HasPrefix(to, "/memfd:"+name+" ") {
			return syscall.Open(dir+e.Name(), syscall.O_RDWR|syscall.O_CLOEXEC, 0)
		}
	}
	return -1, errors.New("the process holds no memory file " + name)
}

// down, up, drain and maint set the state of servers; each is "server" or, where the name is not unique, "proxy/server".
func (b *board) down(servers ...string) {
	b.t.Helper()
	b.set(servers, func(s *status.State) { s.Op = status.Down })
}

func (b *board) up(servers ...string) {
	b.t.Helper()
	b.set(servers, func(s *status.State) { s.Op = status.Up })
}

func (b *board) admin(to status.Admin, servers ...string) {
	b.t.Helper()
	b.set(servers, func(s *status.State) { s.Admin = to })
}

func (b *board) set(servers []string, change func(*status.State)) {
	b.t.Helper()
	for _, name := range servers {
		i := b.find(name)
		state := b.Load(i)
		change(&state)
		b.Store(i, state, time.Now().UnixMilli())
	}
}

// awaitDown and awaitUp wait until health checks have found out.
func (b *board) awaitDown(servers ...string) {
	b.t.Helper()
	b.await(status.Down, servers)
}

func (b *board) awaitUp(servers ...string) {
	b.t.Helper()
	b.await(status.Up, servers)
}

func (b *board) await(want status.Op, servers []string) {
	b.t.Helper()
	for _, name := range servers {
		i := b.find(name)
		if !soon(func() bool { return b.Load(i).Op == want }) {
			b.t.Fatalf("the checks of %s go on saying %+v", name, b.Load(i))
		}
	}
}

// find returns the slot of a server.
func (b *board) find(name string) int {
	b.t.Helper()
	found := -1
	for i, s := range b.Servers() {
		if s.Name != name && s.Proxy+"/"+s.Name != name {
			continue
		}
		if found >= 0 {
			b.t.Fatalf("more than one server is called %s", name)
		}
		found = i
	}
	if found < 0 {
		b.t.Fatalf("no server is called %s", name)
	}
	return found
}
