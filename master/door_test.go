package master

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBegin: the child can get nothing, and no thread of this process is left that could not.
func TestBegin(t *testing.T) {
	for range 50 { // whichever threads there are
		var out bytes.Buffer
		cmd := exec.Command("/bin/cat", "/proc/self/status")
		cmd.Stdout = &out
		if err := begin(cmd, nil); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "NoNewPrivs:\t1\n") {
			t.Fatalf("the child's status:\n%s", out.String())
		}
		if status, err := os.ReadFile("/proc/self/status"); err != nil || !strings.Contains(string(status), "NoNewPrivs:\t0\n") {
			t.Fatalf("the first thread has given it up: %v\n%s", err, status)
		}
	}
}

func TestBeginFails(t *testing.T) {
	if err := begin(exec.Command("/no/such/program"), nil); err == nil {
		t.Error("no error")
	}
}
