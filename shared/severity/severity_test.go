package severity

import "testing"

func TestCodes(t *testing.T) {
	for name, want := range map[string]int{"kern": 0, "daemon": 3, "local0": 16, "local7": 23} {
		if code, ok := Facility(name); !ok || code != want {
			t.Errorf("facility %s: %d, %v; want %d", name, code, ok, want)
		}
	}
	for name, want := range map[string]int{"emerg": 0, "err": 3, "debug": 7} {
		if code, ok := Level(name); !ok || code != want {
			t.Errorf("level %s: %d, %v; want %d", name, code, ok, want)
		}
	}
	if _, ok := Facility("local8"); ok {
		t.Error("local8 is a facility")
	}
	if _, ok := Level("error"); ok {
		t.Error("error is a level")
	}
}

func TestAdmits(t *testing.T) {
	for _, tt := range []struct {
		limit, level string
		want         bool
	}{
		{"", "debug", true}, {"info", "info", true}, {"info", "debug", false}, {"err", "alert", true}, {"emerg", "alert", false}, {"debug", "debug", true},
	} {
		if got := Admits(tt.limit, tt.level); got != tt.want {
			t.Errorf("%q admits %q: %v", tt.limit, tt.level, got)
		}
	}
}
