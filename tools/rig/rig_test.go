//go:build linux

package rig

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseLoad(t *testing.T) {
	out := `Running 1s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  34567 requests in 1.10s, 4.5MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:  31424.55
Transfer/sec:      4.1MB
`
	got, err := parseLoad(out)
	want := LoadResult{Requests: 34567, Rate: 31424.55, Bytes: 4.5 * (1 << 20), BadCode: 5, Connect: 1, Read: 2, Write: 3, Timeout: 4}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got.Failed() != 15 {
		t.Errorf("failed %d, want 15", got.Failed())
	}
	if _, err := parseLoad("unable to connect"); err == nil {
		t.Error("no error for an output without a result")
	}
}

func TestParseAddrPort(t *testing.T) {
	got, ok := parseAddrPort("0B03027F:1F90")
	if !ok || got != netip.MustParseAddrPort("127.2.3.11:8080") {
		t.Errorf("got %v, %v", got, ok)
	}
	for _, bad := range []string{"", "0100007F", "0100007F:", "00000000000000000000000001000000:1F90", "zz:1"} {
		if got, ok := parseAddrPort(bad); ok {
			t.Errorf("%q accepted as %v", bad, got)
		}
	}
}

func TestProcessStatus(t *testing.T) {
	tests := []struct {
		script string
		sig    syscall.Signal
		want   int
	}{
		{"exit 0", 0, 0},
		{"exit 3", 0, 3},
		{"echo ready; exec cat /dev/zero >/dev/null", syscall.SIGTERM, 143},
		{"trap 'exit 7' INT; echo ready; while :; do :; done", syscall.SIGINT, 7},
	}
	for _, tt := range tests {
		p, err := Start("sh", []string{"/bin/sh", "-c", tt.script})
		if err != nil {
			t.Fatal(err)
		}
		if tt.sig != 0 {
			if err := p.Ready(Patience, func() bool { return p.Stdout.Has("ready") }); err != nil {
				t.Fatal(err)
			}
		}
		got, err := p.Stop(tt.sig, Patience)
		if err != nil || got != tt.want {
			t.Errorf("%q: status %d, %v, want %d", tt.script, got, err, tt.want)
		}
	}
}

func TestReadyGivesUpWhenTheProcessEnds(t *testing.T) {
	p, err := Start("sh", []string{"/bin/sh", "-c", "echo no such thing >&2; exit 1"})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	err = p.Ready(Patience, func() bool { return false })
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("error %v does not repeat what the process said", err)
	}
	if time.Since(begin) > Patience/2 {
		t.Error("waited although the process had ended")
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	p, err := Start("sh", []string{"/bin/sh", "-c", "trap '' TERM; echo ready; while :; do :; done"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Ready(Patience, func() bool { return p.Stdout.Has("ready") }); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Stop(syscall.SIGTERM, 100*time.Millisecond); err == nil {
		t.Error("no error for a process that ignored its signal")
	}
	if !p.Exited() || Alive(p.Pid) {
		t.Error("still alive")
	}
}

func TestOwnProcess(t *testing.T) {
	pid := os.Getpid()
	if !Alive(pid) || CountFDs(pid) < 3 || Cmdline(pid) == "" {
		t.Error("own process not understood")
	}
	if s, err := ReadStat(pid); err != nil || s.Parent != os.Getppid() {
		t.Errorf("stat %+v, %v", s, err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if got := Running(exe); len(got) == 0 {
		t.Errorf("nobody runs %s", exe)
	}
	for name, read := range map[string]func(int) (int64, error){"memory": Memory, "peak": PeakMemory} {
		if n, err := read(pid); err != nil || n < 1<<20 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

func TestConnectionsBelongToTheProcessThatHoldsThem(t *testing.T) {
	addr := netip.MustParseAddrPort("127.19.91.1:7901")
	l, err := net.Listen("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got, err := Listeners(netip.MustParsePrefix("127.19.91.0/24")); err != nil || len(got) != 1 || got[0] != addr {
		t.Errorf("listeners %v, %v", got, err)
	}
	client, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	pid := os.Getpid()
	if got, err := Connections(addr, []int{pid, 1}); err != nil || got[pid] != 1 || got[1] != 0 {
		t.Errorf("connections %v, %v", got, err)
	}
}
