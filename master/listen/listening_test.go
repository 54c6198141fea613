package listen

import (
	"net/netip"
	"testing"

	"lbmaster/master/procfs"

	"golang.org/x/sys/unix"
)

func TestListeningAt(t *testing.T) {
	for _, at := range []string{"127.53.0.9:8000", "[::1]:50530"} {
		ap := netip.MustParseAddrPort(at)
		fd, err := bindTCP(ap, true, false)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if n := len(procfs.ReadTCP().At(ap)); n != 0 {
			t.Errorf("%s: %d sockets listen before any does", at, n)
		}
		if err := unix.Listen(fd, 1); err != nil {
			t.Fatal(err)
		}
		if n := len(procfs.ReadTCP().At(ap)); n != 1 {
			t.Errorf("%s: %d sockets listen, want 1", at, n)
		}
		if procfs.HeldByOrphans(procfs.ReadTCP().At(ap)) {
			t.Errorf("%s: this test is no worker", at)
		}
	}
}
