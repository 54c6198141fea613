package child

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"lbmaster/shared/privileges"
)

// TestBegin: the child can get nothing, and no thread of this process is left that could not.
func TestBegin(t *testing.T) {
	for range 50 { // whichever threads there are
		var out bytes.Buffer
		cmd := exec.Command("/bin/cat", "/proc/self/status")
		cmd.Stdout, cmd.SysProcAttr = &out, new(syscall.SysProcAttr)
		if thread, err := begin(cmd, Confines{}); err != nil || thread != nil {
			t.Fatal(thread, err)
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
	cmd := exec.Command("/no/such/program")
	cmd.SysProcAttr = new(syscall.SysProcAttr)
	if _, err := begin(cmd, Confines{}); err == nil {
		t.Error("no error")
	}
}

// TestChrootThread: a child is locked up when it is time to, or ends before; this process is where it was.
func TestChrootThread(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can lock somebody up")
	}
	identity := privileges.Identity{User: 65534, Group: 65534, Groups: []int{65534}, Chroot: t.TempDir()}
	for _, lockUp := range []bool{true, false, true} {
		cmd := exec.Command("/bin/sh", "-c", "echo up; read go; echo /*")
		in, err := cmd.StdinPipe()
		out, err2 := cmd.StdoutPipe()
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = new(syscall.SysProcAttr)
		thread, err := begin(cmd, Confines{Identity: identity})
		if err != nil || thread == nil {
			t.Fatal(thread, err)
		}
		if _, err := io.ReadFull(out, make([]byte, len("up\n"))); err != nil {
			t.Fatal(err)
		}
		if lockUp {
			err = thread.lockUp()
		} else {
			thread.leave()
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = in.Write([]byte("\n"))
		sees, err2 := io.ReadAll(out)
		if err := errors.Join(err, err2, cmd.Wait()); err != nil {
			t.Fatal(err)
		}
		if empty := string(sees) == "/*\n"; empty != lockUp {
			t.Errorf("locked up: %v; it sees %s", lockUp, sees)
		}
	}
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Error(err)
	}
}
