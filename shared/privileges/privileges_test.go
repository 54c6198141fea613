package privileges

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestGiveUp: what the thread gives up is gone for it, and not for the others.
func TestGiveUp(t *testing.T) {
	type result struct {
		status string
		err    error
	}
	done := make(chan result)
	runtime.LockOSThread() // the other one has another thread, then
	defer runtime.UnlockOSThread()
	go func() {
		runtime.LockOSThread() // the thread ends with this goroutine
		err := GiveUp()
		status, _ := os.ReadFile("/proc/thread-self/status")
		done <- result{string(status), err}
	}()
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	for _, want := range []string{"NoNewPrivs:\t1\n", "CapInh:\t0000000000000000\n", "CapAmb:\t0000000000000000\n"} {
		if !strings.Contains(r.status, want) {
			t.Errorf("%q is not in:\n%s", want, r.status)
		}
	}
	if status, err := os.ReadFile("/proc/thread-self/status"); err != nil || !strings.Contains(string(status), "NoNewPrivs:\t0\n") {
		t.Errorf("this thread has given it up too, %v", err)
	}
}

// TestNothingToAssume: the zero value leaves everything as it is, whoever the process is.
func TestNothingToAssume(t *testing.T) {
	before, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Identity{}).Assume(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Uid:", "Gid:", "Groups:", "CapEff:"} {
		if b, a := line(before, name), line(after, name); a != b || a == "" {
			t.Errorf("before %q, after %q", b, a)
		}
	}
}

// TestNoSuchRoot: a directory that is not there is an error, and changes nothing.
func TestNoSuchRoot(t *testing.T) {
	if err := (Identity{Chroot: "/no/such/directory"}).Assume(); err == nil || !strings.Contains(err.Error(), "/no/such/directory") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Error(err)
	}
}

func line(status []byte, name string) string {
	for l := range strings.Lines(string(status)) {
		if strings.HasPrefix(l, name) {
			return l
		}
	}
	return ""
}
