package child

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAwaitEnd: the end of a process is heard by a descriptor of it alone, whether it comes before or after the question.
func TestAwaitEnd(t *testing.T) {
	cmd := exec.Command("/bin/cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pidfd, err := unix.PidfdOpen(cmd.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pidfd)
	if HasEnded(pidfd) {
		t.Error("a process that lives has ended")
	}
	said := make(chan string)
	go func() { said <- AwaitEnd(cmd.Process.Pid, pidfd) }()
	select {
	case how := <-said:
		t.Fatalf("of a process that lives: %s", how)
	default:
	}
	in.Close()
	if how := <-said; how != "it has ended" {
		t.Errorf("the end is %q", how)
	}
	if !HasEnded(pidfd) {
		t.Error("a process that has ended lives")
	}
	if how := AwaitEnd(cmd.Process.Pid, pidfd); how != "it has ended" {
		t.Errorf("later the end is %q", how)
	}
	_ = cmd.Wait()
}
