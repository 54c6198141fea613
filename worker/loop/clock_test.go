package loop

import "testing"

func TestSeenTime(t *testing.T) {
	type turn struct{ real, patience, want int64 }
	for name, turns := range map[string][]turn{
		"as it should be":           {{0, 0, 0}, {10, 1000, 10}, {1010, 1000, 1010}, {1011, 0, 1011}},
		"busy":                      {{0, 0, 0}, {50, 0, 50}, {450, 0, 450}, {900, 0, 900}},
		"late, but awake":           {{0, 0, 0}, {1499, 1000, 1499}},
		"stood still":               {{0, 0, 0}, {9000, 1000, 1000}, {9010, 1000, 1010}, {10_020, 1000, 2020}},
		"stood still while busy":    {{0, 0, 0}, {9000, 0, 0}, {9001, 0, 1}},
		"twice":                     {{0, 0, 0}, {9000, 1000, 1000}, {20_000, 5, 1005}, {20_001, 0, 1006}},
		"nothing to wait for":       {{0, 0, 0}, {9000, -1, 9000}, {9010, 1000, 9010}},
		"as often as somebody asks": {{0, 0, 0}, {1501, 1000, 1000}, {3002, 1000, 2000}},
	} {
		var c seenTime
		now := int64(0)
		for i, s := range turns {
			if now = c.pass(now, s.real, s.patience); now != s.want {
				t.Errorf("%s, turn %d: %d, want %d", name, i, now, s.want)
			}
		}
	}
}
