package procfs

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestParseProcAddress(t *testing.T) {
	little := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	for _, tt := range []struct{ little, big, want string }{
		{"0100007F:1F90", "7F000001:1F90", "127.0.0.1:8080"},
		{"00000000:0050", "00000000:0050", "0.0.0.0:80"},
		{"B80D0120000000000000000001000000:0050", "20010DB8000000000000000000000001:0050", "[2001:db8::1]:80"},
	} {
		text := tt.big
		if little {
			text = tt.little
		}
		if got, ok := parseProcAddress(text); !ok || got != netip.MustParseAddrPort(tt.want) {
			t.Errorf("%s: %v, %v; want %s", text, got, ok, tt.want)
		}
	}
	for _, text := range []string{"", ":", "0100007F", "0100007F:", "0100007:50", "XX00007F:50", "0100007F:10000", "0100007F0100:50"} {
		if got, ok := parseProcAddress(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
