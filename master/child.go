package master

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"lbmaster/shared/control"
)

// child is a process that the master has started. Its goroutines tell the reconciler what happens to it; everything
// else belongs to the reconciler.
type child struct {
	slot    int
	process *os.Process
	conn    *control.Conn
	heard   time.Time // when the child last said anything
	aborted bool      // it has been told to die with a dump, because it hung
}

// childEvent is something that happened to a child: it said something, or it ended.
type childEvent struct {
	child   *child
	message *control.Message // nil: it ended
	ended   string           // how
}

// WorkerArg is the hidden first argument that makes the program a worker.
const WorkerArg = "worker"

// role is what the child of a slot is, and how it is called in lists of processes.
func role(slot int) (arg, title string) {
	if slot == monitorIndex {
		return MonitorArg, "monitor"
	}
	return WorkerArg, fmt.Sprintf("worker %d", slot)
}

// spawn starts the child of a slot from the program that runs now, which need not be the one on disk any more.
func spawn(slot int, env *Env, events chan<- childEvent) (*child, error) {
	mine, theirs, err := control.Pair()
	if err != nil {
		return nil, err
	}
	end := os.NewFile(uintptr(theirs), "control")
	defer end.Close() // the child has its own by then
	conn, err := control.NewConn(mine)
	if err != nil {
		return nil, err
	}
	arg, title := role(slot)
	cmd := &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       []string{"lbmaster: " + title, arg},
		Env:        childEnviron(env.Environ),
		Stdout:     env.Stdout,
		Stderr:     env.Stderr,
		ExtraFiles: []*os.File{end}, // becomes descriptor 3
	}
	if err := begin(cmd); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start %s: %w", title, err), conn.Close())
	}
	c := &child{slot: slot, process: cmd.Process, conn: conn}
	go c.watch(cmd, events)
	return c, nil
}

// watch tells everything that the child says, and then how it ended: so that nothing it said is overtaken by its end.
func (c *child) watch(cmd *exec.Cmd, events chan<- childEvent) {
	for {
		m, fds, err := c.conn.Recv(time.Time{})
		if err != nil {
			break
		}
		control.CloseAll(fds)
		events <- childEvent{child: c, message: &m}
	}
	err := cmd.Wait()
	ended := "exit status 0"
	if err != nil {
		ended = err.Error()
	}
	events <- childEvent{child: c, ended: ended}
}

// sendTime bounds how long the reconciler waits for a child that does not take its messages.
const sendTime = time.Second

// say sends a message to the child. One that does not take it hangs, and is killed: its end is reported as any other.
func (c *child) say(m control.Message, fds []int) {
	if err := c.conn.Send(m, fds, time.Now().Add(sendTime)); errors.Is(err, os.ErrDeadlineExceeded) {
		c.kill()
	}
}

// kill ends the child now.
func (c *child) kill() {
	_ = c.process.Kill() // it fails only when the child has ended already
}

// childEnviron is what a child gets of the environment: nothing that is meant for the master as a service, or by which
// a library would take the child for something else. A worker uses one thread at a time, and the monitor needs no more.
func childEnviron(environ []string) []string {
	var all []string
	for _, e := range environ {
		if !hasAnyPrefix(e, "TABLEFLIP_", "LISTEN_", "NOTIFY_SOCKET=", "WATCHDOG_", "LBMASTER_", "GOMAXPROCS=") {
			all = append(all, e)
		}
	}
	return append(all, "GOMAXPROCS=1")
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
