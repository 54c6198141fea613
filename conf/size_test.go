package conf

import (
	"fmt"
	"strings"
	"testing"
)

// TestMaxHeader: what the key says is what the frontend allows, and what is wrong is said with the key and what is possible.
func TestMaxHeader(t *testing.T) {
	for _, tt := range []struct {
		name, defaults, own string
		want                int
		wrong               string
	}{
		{"nothing", "", "", 15 << 10, ""},
		{"a size", "", `"32k"`, 32 << 10, ""},
		{"bytes", "", "100000", 100_000, ""},
		{"least", "", `"4k"`, 4 << 10, ""},
		{"most", "", "262144", 256 << 10, ""},
		{"of the defaults", `"64k"`, "", 64 << 10, ""},
		{"of its own", `"64k"`, `"8k"`, 8 << 10, ""},
		{"none of its own", `"64k"`, `""`, 15 << 10, ""},
		{"too small", "", "4095", 0, "lb.toml:4: listen.a.max_header: 4095 is out of range: 4k to 256k"},
		{"too large", "", `"257k"`, 0, "lb.toml:4: listen.a.max_header: 257k is out of range: 4k to 256k"},
		{"negative", "", "-1", 0, "lb.toml:4: listen.a.max_header: -1 is out of range: 4k to 256k"},
		{"no size", "", `"32 KiB"`, 0, `lb.toml:4: listen.a.max_header: "32 KiB" is not a size: write "32k" or an integer in bytes`},
		{"no value", "", "true", 0, `lb.toml:4: listen.a.max_header: a boolean is not a size: write "32k" or an integer in bytes`},
		{"wrong in the defaults", `"1k"`, "", 0, "lb.toml:1: defaults.max_header: 1k is out of range: 4k to 256k"},
	} {
		text := strings.Replace("defaults.max_header = "+tt.defaults+"\n", "defaults.max_header = \n", "\n", 1) +
			"[listen.a]\nbind = ':80'\n" + strings.Replace("max_header = "+tt.own+"\n", "max_header = \n", "\n", 1) +
			"mode = 'http'\nserver = [{ name = 'a', address = '127.0.0.1:81' }]\n"
		c, warnings, err := Parse("lb.toml", []byte(text))
		if tt.wrong != "" {
			if fmt.Sprint(err) != tt.wrong {
				t.Errorf("%s: %v\nwant %s", tt.name, err, tt.wrong)
			}
			continue
		}
		if err != nil || len(warnings) > 0 || c.Frontends[0].HeaderLimit() != tt.want {
			t.Errorf("%s: %v, %v, %d bytes, want %d", tt.name, err, warnings, c.Frontends[0].HeaderLimit(), tt.want)
		}
	}
}

// TestMaxHeaderIsOfFrontends: a backend does not say how large heads may be.
func TestMaxHeaderIsOfFrontends(t *testing.T) {
	_, _, err := Parse("lb.toml", []byte("[backend.a]\nmode = 'http'\nmax_header = '32k'\nserver = [{ name = 'a', address = '127.0.0.1:81' }]\n"))
	if want := "lb.toml:3: backend.a.max_header: this key belongs to a frontend or listen section"; fmt.Sprint(err) != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}
