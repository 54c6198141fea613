package signals

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestInboxLosesNoKind: however many of one kind come while nobody looks, the others have room.
func TestInboxLosesNoKind(t *testing.T) {
	kinds := []os.Signal{unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2, unix.SIGTTIN, unix.SIGTTOU, unix.SIGWINCH}
	b := Watch(kinds...)
	for i := range 10_000 {
		kill(t, kinds[i%2].(unix.Signal)) // HUP and USR1
	}
	for _, s := range kinds {
		kill(t, s.(unix.Signal))
	}
	got := make(map[os.Signal]int)
	for deadline := time.Now().Add(10 * time.Second); len(got) < len(kinds) && time.Now().Before(deadline); {
		select {
		case <-b.Ready:
		case <-time.After(time.Second):
		}
		for _, a := range b.Take() {
			got[a.Signal]++
		}
	}
	if len(got) != len(kinds) {
		t.Errorf("only %v came", got)
	}
}

func kill(t *testing.T, s unix.Signal) {
	t.Helper()
	if err := unix.Kill(os.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

// What waits is told in the order in which it last came, each kind once.
func TestInboxKeepsOrder(t *testing.T) {
	b := Watch()
	begin := time.Now()
	for i, s := range []os.Signal{unix.SIGHUP, unix.SIGTERM, unix.SIGHUP, unix.SIGTTIN, unix.SIGTERM} {
		b.put(Arrival{s, begin.Add(time.Duration(i))})
	}
	b.put(Arrival{unix.SIGTTOU, begin}) // noticed late
	var got []os.Signal
	for _, a := range b.Take() {
		got = append(got, a.Signal)
	}
	want := []os.Signal{unix.SIGTTOU, unix.SIGHUP, unix.SIGTTIN, unix.SIGTERM}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("got %v, want %v", got, want)
	}
	if b.Take() != nil {
		t.Error("something is taken twice")
	}
}
