package child

import (
	"slices"
	"testing"
)

func TestEnviron(t *testing.T) {
	got := Environ([]string{"PATH=/bin", "LISTEN_FDS=3", "NOTIFY_SOCKET=/x", "TABLEFLIP_X=1", "WATCHDOG_USEC=1", "GOMAXPROCS=8"})
	if want := []string{"PATH=/bin", "GOMAXPROCS=1"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
