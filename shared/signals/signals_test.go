package signals

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestAbandoned(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := pair[0], pair[1]
	defer unix.Close(mine)
	copied, err := unix.Dup(theirs)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		what string
		do   func() error
		want bool
	}{
		{"both ends are there", func() error { return nil }, false},
		{"something waits to be read", func() error { return unix.Sendto(theirs, []byte("x"), 0, nil) }, false},
		{"another process has the end too", func() error { return unix.Close(theirs) }, false},
		{"nobody has it any more", func() error { return unix.Close(copied) }, true},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatal(err)
		}
		if got := abandoned(mine); got != s.want {
			t.Errorf("%s: %v", s.what, got)
		}
	}
}
