package privileges

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const nothing = "\t0000000000000000\n"

// give runs GiveUp in a thread that ends, and returns that thread's status, and what a program says about itself that is
// executed in it. The program does so when it is up and the thread has done what then says.
func give(t *testing.T, i Identity, then func() error) (thread, child string) {
	t.Helper()
	type result struct {
		thread, child string
		err           error
	}
	done := make(chan result)
	runtime.LockOSThread() // the other one has another thread, then
	defer runtime.UnlockOSThread()
	go func() {
		runtime.LockOSThread() // the thread ends with this goroutine
		cmd := exec.Command("/bin/sh", "-c", "echo up; read go; cat /proc/self/status || echo none")
		cmd.SysProcAttr = new(syscall.SysProcAttr)
		in, err := cmd.StdinPipe()
		out, err2 := cmd.StdoutPipe()
		if err := errors.Join(err, err2); err != nil {
			done <- result{err: err}
			return
		}
		if err = i.GiveUp(cmd.SysProcAttr); err == nil {
			err = cmd.Start()
		}
		if err != nil {
			done <- result{err: err}
			return
		}
		status, _ := os.ReadFile("/proc/thread-self/status")
		up := make([]byte, len("up\n"))
		_, err = io.ReadFull(out, up)
		err = errors.Join(err, then())
		_, err2 = in.Write([]byte("go\n"))
		said, err3 := io.ReadAll(out)
		done <- result{string(status), string(said), errors.Join(err, err2, err3, cmd.Wait())}
	}()
	r := <-done
	if r.err != nil {
		t.Fatalf("%v\n%s", r.err, r.child)
	}
	return r.thread, r.child
}

func later() error { return nil }

// TestGiveUp: what the thread gives up is gone for it and what is executed in it, root or not, and not for the others.
func TestGiveUp(t *testing.T) {
	thread, child := give(t, Identity{}, later)
	sets := []string{"NoNewPrivs:\t1\n", "CapInh:" + nothing, "CapPrm:" + nothing, "CapEff:" + nothing, "CapAmb:" + nothing}
	if os.Geteuid() == 0 {
		sets = append(sets, "CapBnd:"+nothing)
	}
	for _, want := range sets {
		if !strings.Contains(thread, want) || !strings.Contains(child, want) {
			t.Errorf("%q is not in:\n%s\n%s", want, thread, child)
		}
	}
	if status, err := os.ReadFile("/proc/thread-self/status"); err != nil || !strings.Contains(string(status), "NoNewPrivs:\t0\n") {
		t.Errorf("this thread has given it up too, %v", err)
	}
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
}

// TestGiveUpToAUser: the child is somebody else, with one right if that is wanted.
func TestGiveUpToAUser(t *testing.T) {
	asRoot(t)
	for _, low := range []bool{false, true} {
		all := nothing
		if low {
			all = "\t0000000000000400\n"
		}
		_, child := give(t, Identity{User: 65534, Group: 65533, Groups: []int{7, 65533}, LowPorts: low}, later)
		for _, want := range []string{
			"Uid:\t65534\t65534\t65534\t65534\n", "Gid:\t65533\t65533\t65533\t65533\n", "Groups:\t7 65533 \n",
			"CapInh:" + all, "CapPrm:" + all, "CapEff:" + all, "CapAmb:" + all, "CapBnd:" + all,
		} {
			if !strings.Contains(child, want) {
				t.Errorf("low ports %v: %q is not in:\n%s", low, want, child)
			}
		}
	}
}

// TestLockUp: the thread takes the child with it into the directory, and nobody else, though the child cannot go.
func TestLockUp(t *testing.T) {
	asRoot(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	i := Identity{User: 65534, Group: 65534, Chroot: t.TempDir()}
	if _, child := give(t, i, later); !strings.Contains(child, "CapEff:"+nothing) {
		t.Errorf("the child:\n%s", child)
	}
	if _, child := give(t, i, i.LockUp); child != "none\n" {
		t.Errorf("the child finds its programs still:\n%s", child)
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Errorf("this process is locked up as well: %v", err)
	}
	if now, err := os.Getwd(); err != nil || now != here {
		t.Errorf("this process is in %s, %v", now, err)
	}
	i.Chroot += "/none"
	if err := i.LockUp(); err == nil || !strings.Contains(err.Error(), i.Chroot) {
		t.Errorf("a directory that is not there: %v", err)
	}
}

// TestSettle: a process that is not what it should be says so.
func TestSettle(t *testing.T) {
	has, err := capabilities()
	if err != nil {
		t.Fatal(err)
	}
	if err := (Identity{}).Settle(); (err == nil) != (permitted(has) == 0) {
		t.Errorf("with the capabilities %#x: %v", permitted(has), err)
	}
	if err := (Identity{Group: unix.Getgid() + 1, Groups: []int{1}}).Settle(); err == nil || !strings.Contains(err.Error(), "group") {
		t.Errorf("of another group: %v", err)
	}
}
