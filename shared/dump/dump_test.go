package dump

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lines takes what is written.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// TestOnQuit: each SIGQUIT is answered with all goroutines in one piece, and the process goes on.
func TestOnQuit(t *testing.T) {
	written := make(lines, 1)
	OnQuit(written, "lbmaster: test")
	stop, waits := make(chan struct{}), make(chan struct{})
	defer close(stop)
	go func() { close(waits); waitHere(stop) }()
	<-waits // else it may not have begun
	for range 3 {
		if err := unix.Kill(os.Getpid(), unix.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		select {
		case text := <-written:
			want := fmt.Sprintf("lbmaster: test (pid %d): goroutines:\n", os.Getpid())
			if !strings.HasPrefix(text, want) || !strings.Contains(text, "dump.waitHere") || !strings.HasSuffix(text, "\n") {
				t.Fatalf("it wrote %q", text)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was written")
		}
	}
}

func waitHere(stop chan struct{}) { <-stop }

// TestLongDump: a dump that does not fit the first buffer is whole.
func TestLongDump(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	const many = 2000
	for range many {
		go waitHere(stop)
	}
	if n := strings.Count(string(stacks()), "\ngoroutine "); n < many {
		t.Errorf("%d goroutines of %d", n, many)
	}
}
