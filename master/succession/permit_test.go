package succession

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestPermit: of all who have the permit one gets it.
func TestPermit(t *testing.T) {
	fd, err := newPermit()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	other, err := unix.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	if !claim(other) {
		t.Error("the first one does not get it")
	}
	if claim(fd) || claim(other) {
		t.Error("it is there twice")
	}
}
