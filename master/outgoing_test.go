package master

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/signals"
)

// TestForward: what comes for a master that leaves is the next one's.
func TestForward(t *testing.T) {
	next := exec.Command("sleep", "60")
	if err := next.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(10*time.Second, func() { _ = next.Process.Kill() })
	defer deadline.Stop()
	go forward(signals.Watch(unix.SIGUSR2), next.Process.Pid)
	if err := unix.Kill(unix.Getpid(), unix.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	_ = next.Wait() // how it has ended is looked at
	if status := next.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != unix.SIGUSR2 {
		t.Errorf("the next master: %v", next.ProcessState)
	}
}
