package syslog

import (
	"testing"
	"time"
)

func TestNotices(t *testing.T) {
	from := Source{Host: "edge", Name: "lb", Pid: 7}
	for _, c := range []struct{ limit, level, want string }{
		{"", "debug", "<135>Jan  1 00:00:01 edge lb[7]: a text\n"},
		{"notice", "notice", "<133>Jan  1 00:00:01 edge lb[7]: a text\n"},
		{"notice", "alert", "<129>Jan  1 00:00:01 edge lb[7]: a text\n"},
		{"notice", "info", ""},
		{"emerg", "alert", ""},
		{"", "loud", ""},
	} {
		n, err := NewNotices("local0", c.limit, from, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(n.Datagram(c.level, "a text", 1999)); got != c.want {
			t.Errorf("%s for a target that takes %q: %q, want %q", c.level, c.limit, got, c.want)
		}
	}
}

func TestNoticesOfNoFacility(t *testing.T) {
	for _, c := range []struct{ facility, name string }{{"local8", "lb"}, {"local0", "l b"}, {"local0", ""}} {
		if _, err := NewNotices(c.facility, "", Source{Name: c.name, Pid: 1}, time.UTC); err == nil {
			t.Errorf("facility %q, program %q: no error", c.facility, c.name)
		}
	}
}
