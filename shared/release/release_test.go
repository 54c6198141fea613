package release

import "testing"

func TestText(t *testing.T) {
	for _, tt := range []struct{ given, main, want string }{
		{"", "v1.2.3", "1.2.3"},
		{"", "v1.2.3+dirty", "1.2.3+dirty"},
		{"", "v1.2.4-0.20261127063909-ac1698cf411d", "1.2.4-0.20261127063909-ac1698cf411d"},
		{"", "(devel)", "(devel)"},
		{"", "", "(devel)"},
		{"1.2.3-4", "v0.0.0-20261127063909-ac1698cf411d", "1.2.3-4"},
	} {
		if got := text(tt.given, tt.main); got != tt.want {
			t.Errorf("given %q, built as %q: %q, want %q", tt.given, tt.main, got, tt.want)
		}
	}
}
