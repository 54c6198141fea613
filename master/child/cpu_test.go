package child

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestOneOf(t *testing.T) {
	var set unix.CPUSet
	for _, cpu := range []int{2, 3, 64, 1023} {
		set.Set(cpu)
	}
	for n, want := range []int{2, 3, 64, 1023, 2, 3} {
		if got := oneOf(&set, n); got.Count() != 1 || !got.IsSet(want) {
			t.Errorf("%d: %d CPUs, without %d", n, got.Count(), want)
		}
	}
}
