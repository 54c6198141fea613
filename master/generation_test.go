package master

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/stats"
	"lbmaster/shared/status"
)

// process runs a program as a child of generation 3.
func process(t *testing.T, slot int, argv ...string) (*child.Child, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	pidfd, err := unix.PidfdOpen(cmd.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(theirs)
	conn, err := control.NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	c := child.New(nameOf(3, slot), conn, &child.RealKernel, discard)
	c.Pid, c.Pidfd = cmd.Process.Pid, pidfd
	return c, cmd
}

// TestNoticeEnds: a generation of which nobody lives is not handed over, even if nobody has said so yet.
func TestNoticeEnds(t *testing.T) {
	rows := []stats.Row{{Kind: stats.Worker}}
	counters, err := stats.Create(rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := stats.Create(rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	board, err := status.Create(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	short, first := process(t, 0, "true")
	long, second := process(t, 1, "sleep", "600")
	g := &generation{
		number: 3, counters: counters, board: board, past: stats.NewPast(counters, ours), children: map[int]*child.Child{0: short, 1: long},
	}
	m := &master{sys: new(master).outside(), log: discard, old: []*generation{g}}
	_ = first.Wait()
	if m.noticeEnds(); len(m.old) != 1 || len(g.children) != 1 || g.children[1] != long {
		t.Fatalf("one has ended: %d generations, children %v", len(m.old), g.children)
	}
	_ = second.Process.Kill()
	_ = second.Wait()
	if m.noticeEnds(); len(m.old) != 0 {
		t.Errorf("both have ended: %d generations", len(m.old))
	}
	m.onChild(child.Event{Child: long}) // the end comes after all
}
