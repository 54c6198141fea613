package syslog

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"lbmaster/shared/severity"
)

func header(t testing.TB, facility, level, name string, pid int, l *time.Location) *Header {
	t.Helper()
	h, err := NewHeader(facility, level, Source{Name: name, Pid: pid}, l)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// date is a time in ms since 1970.
func date(year int, month time.Month, day, hour, minute, second, ms int) int64 {
	return time.Date(year, month, day, hour, minute, second, ms*1e6, time.UTC).UnixMilli()
}

func TestHeader(t *testing.T) {
	east := time.FixedZone("", 5*3600+1800)
	for _, c := range []struct {
		facility, level string
		ms              int64
		zone            *time.Location
		want            string
	}{
		{"local0", "info", date(2026, 11, 24, 21, 56, 23, 160), time.UTC, "<134>Nov 24 21:56:23 lbmaster[2079]: "},
		{"local0", "info", date(2026, 11, 4, 1, 2, 3, 999), time.UTC, "<134>Nov  4 01:02:03 lbmaster[2079]: "},
		{"local0", "info", date(2026, 11, 30, 20, 0, 0, 0), east, "<134>Dec  1 01:30:00 lbmaster[2079]: "},
		{"kern", "emerg", 0, time.UTC, "<0>Jan  1 00:00:00 lbmaster[2079]: "},
		{"local7", "debug", -1, time.UTC, "<191>Dec 31 23:59:59 lbmaster[2079]: "},
	} {
		h := header(t, c.facility, c.level, "lbmaster", 2079, c.zone)
		if got := h.Append([]byte("> "), c.ms); string(got) != "> "+c.want {
			t.Errorf("%s %s at %d: %q, want %q", c.facility, c.level, c.ms, got, c.want)
		}
	}
}

func TestHeaderFollowsTime(t *testing.T) {
	h := header(t, "local0", "info", "x", 1, time.UTC)
	start := date(2026, 12, 31, 23, 59, 58, 0)
	for _, after := range []int64{0, 999, 1000, 1999, 2000, 1999, 86400000, 0, -1, 0} {
		want := time.UnixMilli(start + after).UTC().Format(time.Stamp)
		if got := string(h.Append(nil, start+after)); got != "<134>"+want+" x[1]: " {
			t.Errorf("after %d ms: %q, want %q", after, got, want)
		}
	}
}

// What HAProxy 2.6 was seen to send for messages of level info.
func TestFacilities(t *testing.T) {
	for name, pri := range map[string]int{
		"kern": 6, "user": 14, "mail": 22, "daemon": 30, "auth": 38, "syslog": 46, "lpr": 54, "news": 62,
		"uucp": 70, "cron": 78, "auth2": 86, "ftp": 94, "ntp": 102, "audit": 110, "alert": 118, "cron2": 126,
		"local0": 134, "local1": 142, "local2": 150, "local3": 158, "local4": 166, "local5": 174, "local6": 182, "local7": 190,
	} {
		got := string(header(t, name, "info", "x", 1, time.UTC).Append(nil, 0))
		if want := fmt.Sprintf("<%d>Jan", pri); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if len(severity.Facilities) != 24 {
		t.Errorf("%d severity.Facilities", len(severity.Facilities))
	}
}

func TestLevels(t *testing.T) {
	for code, level := range []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"} {
		if got, ok := severity.Level(level); got != code || !ok {
			t.Errorf("%s: %d, %v, want %d", level, got, ok, code)
		}
	}
	for _, unknown := range []string{"", "Info", "error", "local0"} {
		if code, ok := severity.Level(unknown); code != 0 || ok {
			t.Errorf("Severity(%q) = %d, %v", unknown, code, ok)
		}
		if code, ok := severity.Facility(unknown + "x"); code != 0 || ok {
			t.Errorf("Facility(%q) = %d, %v", unknown+"x", code, ok)
		}
	}
}

func TestHeaderErrors(t *testing.T) {
	for _, c := range []struct{ facility, level, name, want string }{
		{"local8", "info", "x", `"local8" is not a facility`},
		{"", "info", "x", `"" is not a facility`},
		{"local0", "", "x", `"" is not a level`},
		{"local0", "info", "", `"" cannot be the name`},
		{"local0", "info", "a b", `"a b" cannot be the name`},
		{"local0", "info", "a[", `"a[" cannot be the name`},
		{"local0", "info", "a\n", `"a\n" cannot be the name`},
		{"local0", "info", strings.Repeat("x", 33), "cannot be the name"},
	} {
		if h, err := NewHeader(c.facility, c.level, Source{Name: c.name, Pid: 1}, time.UTC); h != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q %q: %v, want %s", c.facility, c.level, c.name, err, c.want)
		}
	}
}

// TestHost: the host's name stands before the program's, if it is told, and cannot be taken for anything else.
func TestHost(t *testing.T) {
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{"": "", "lb1.example.com": " lb1.example.com", "*": " " + own, "a b\n": " a?b?"} {
		from := Here(host, "x")
		h, err := NewHeader("local0", "info", from, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(h.Append(nil, 0)), fmt.Sprintf("<134>Jan  1 00:00:00%s x[%d]: ", want, os.Getpid()); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestMaxHeader(t *testing.T) {
	h, err := NewHeader("local7", "debug", Source{strings.Repeat("h", 99), strings.Repeat("x", 32), math.MinInt64}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Append(nil, date(2026, 11, 24, 21, 56, 23, 160)); len(got) > MaxHeader {
		t.Errorf("%q has %d bytes", got, len(got))
	}
}

func TestHeaderAllocations(t *testing.T) {
	h := header(t, "local0", "info", "lbmaster", 2079, time.Local)
	dst, ms := make([]byte, 0, MaxHeader), int64(0)
	if n := testing.AllocsPerRun(100, func() {
		h.Append(dst, ms)
		ms += 700
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHeader(b *testing.B) {
	for _, step := range []struct {
		name string
		ms   int64
	}{{"same-second", 0}, {"other-second", 1000}} {
		b.Run(step.name, func(b *testing.B) {
			b.ReportAllocs()
			h, dst, ms := header(b, "local0", "info", "lbmaster", 2079, time.Local), make([]byte, 0, MaxHeader), int64(0)
			for b.Loop() {
				h.Append(dst, ms)
				ms += step.ms
			}
		})
	}
}
