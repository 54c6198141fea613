package threads

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain plays a process that may start no task any more, and then needs all the threads that it has reserved.
func TestMain(m *testing.M) {
	switch os.Getenv("THREADS_TEST") {
	case "reserved":
		Reserve(blocked)
		blockMany()
	case "not reserved":
		blockMany()
	case "room":
		before := Room()
		limit()
		after := Room()
		if before != nil || after != ErrNoRoom {
			os.Stdout.WriteString("wrong: " + errorText(before) + ", " + errorText(after))
			os.Exit(1)
		}
	default:
		m.Run()
	}
}

// blocked is how many threads wait in the kernel at the same time.
const blocked = 20

// blockMany makes that many threads wait where the runtime cannot wait for them.
func blockMany() {
	limit()
	done := make(chan bool)
	var pipes [][2]int
	for range blocked {
		var p [2]int
		if err := unix.Pipe(p[:]); err != nil {
			panic(err)
		}
		pipes = append(pipes, p)
		go func() {
			done <- true
			unix.Read(p[0], make([]byte, 1))
			done <- true
		}()
	}
	for range blocked {
		<-done // so all but the last one wait in the kernel: there is a processor for this
	}
	for _, p := range pipes {
		unix.Write(p[1], []byte{1})
		<-done
	}
}

// limit allows this process no further task.
func limit() {
	if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{}); err != nil {
		panic(err)
	}
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func play(t *testing.T, what string) (string, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("RLIMIT_NPROC needs a user of its own")
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "THREADS_TEST="+what)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 61999, Gid: 61999}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestReserve(t *testing.T) {
	if out, err := play(t, "reserved"); err != nil {
		t.Errorf("%v: %.300s", err, out)
	}
	if out, err := play(t, "not reserved"); err == nil || !strings.Contains(out, "create new OS thread") && !strings.Contains(out, "pthread_create failed") {
		t.Errorf("without a reserve nothing is wrong: %v: %.300s", err, out)
	}
}

func TestRoom(t *testing.T) {
	if out, err := play(t, "room"); err != nil {
		t.Errorf("%v: %.300s", err, out)
	}
}

// An instance that is being replaced needs its tasks twice.
func TestTasks(t *testing.T) {
	if one, two := Tasks(4, 2, 1), Tasks(4, 2, 2); one < 5*OfChild+OfMaster(4, 2) || two != 2*one {
		t.Errorf("%d tasks, %d while it is replaced", one, two)
	}
}
