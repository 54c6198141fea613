package conf

import (
	"net/netip"
	"testing"
)

func TestRelate(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want Relation
	}{
		{"127.0.0.1:80", "127.0.0.1:80", Same},
		{"0.0.0.0:80", "0.0.0.0:80", Same},
		{"127.0.0.1:80", "127.0.0.1:81", Apart},
		{"127.0.0.1:80", "127.0.0.2:80", Apart},
		{"0.0.0.0:80", "127.0.0.1:80", Wider},
		{"127.0.0.1:80", "0.0.0.0:80", Narrower},
		{"0.0.0.0:80", "127.0.0.1:81", Apart},
		{"[::]:80", "[::1]:80", Wider},
		{"[::1]:80", "[::]:80", Narrower},
		{"[::]:80", "127.0.0.1:80", Apart},
		{"[::]:80", "0.0.0.0:80", Apart},
	} {
		if got := Relate(netip.MustParseAddrPort(tt.a), netip.MustParseAddrPort(tt.b)); got != tt.want {
			t.Errorf("%s to %s: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
