package master

import (
	"errors"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"time"

	"lbmaster/master/listen"
	"lbmaster/master/procfs"

	"golang.org/x/sys/unix"
)

// Predecessors are the processes of another instance, which this one replaces as the guide's section 4.3 describes it.
// The other one need not be an lbmaster: HAProxy understands the same signals.
type Predecessors struct {
	Pids   []int
	Signal syscall.Signal // what ends them when this instance is up
}

// predecessors are the processes as such: a process id may be another's by the time that a signal is sent.
type predecessors struct {
	Predecessors
	log       *slog.Logger
	processes []*os.Process
	yielding  bool // they have been asked for the ports
}

func findPredecessors(p Predecessors, log *slog.Logger) *predecessors {
	all := &predecessors{Predecessors: p, log: log}
	for _, pid := range p.Pids {
		process, err := os.FindProcess(pid) // by pidfd
		if err == nil {
			err = process.Signal(unix.Signal(0))
		}
		if err != nil {
			log.Warn("cannot replace a process: is it gone already?", "pid", pid, "error", err)
			continue
		}
		all.processes = append(all.processes, process)
	}
	return all
}

const (
	yieldTime = 2 * time.Second       // for predecessors to release their ports
	lullTime  = time.Second           // for whoever has the ports, and may just have been told to release them
	yieldStep = 20 * time.Millisecond // between two looks
)

// listen calls try, which opens the listening sockets. While somebody has the ports it tries again for a moment: a script
// that sends TTOU to another instance starts this one at once. Predecessors are told so here.
func (p *predecessors) listen(try func() ([]*listen.Listener, error)) ([]*listen.Listener, error) {
	all, err := try()
	if !errors.Is(err, unix.EADDRINUSE) {
		return all, err
	}
	patience := lullTime
	if len(p.processes) > 0 {
		patience = yieldTime
		p.yielding = true
		p.tell(unix.SIGTTOU)
	}
	deadline, step := time.NewTimer(patience), time.NewTicker(yieldStep)
	defer deadline.Stop()
	defer step.Stop()
	for errors.Is(err, unix.EADDRINUSE) {
		select {
		case <-step.C:
			all, err = try()
		case <-deadline.C:
			return nil, err
		}
	}
	return all, err
}

// hold says that they, or their children, are among those who have these sockets.
func (p *predecessors) hold(sockets map[string]bool) bool {
	if p == nil || len(p.processes) == 0 {
		return false
	}
	for dir := range procfs.Holders(sockets) {
		if p.include(procfs.PIDOf(dir)) || p.include(procfs.ParentOf(dir)) {
			return true
		}
	}
	return false
}

// mayTake says whether the path of a frontend may be taken from these sockets, which answer: those of a predecessor, or of
// orphans.
func (p *predecessors) mayTake(sockets map[string]bool) bool {
	return p.hold(sockets) || procfs.HeldByOrphans(sockets)
}

// include says that a process is one of them.
func (p *predecessors) include(pid int) bool {
	return p != nil && slices.ContainsFunc(p.processes, func(q *os.Process) bool { return q.Pid == pid })
}

// dismiss tells them to leave: this instance is up.
func (p *predecessors) dismiss() {
	p.tell(p.Signal)
	p.yielding = false
}

// restore gives them their ports back, if they have released them: this instance is not going to come up, and has closed
// its sockets.
func (p *predecessors) restore() {
	if p.yielding {
		p.tell(unix.SIGTTIN)
	}
	p.release()
}

func (p *predecessors) release() {
	for _, process := range p.processes {
		_ = process.Release() // it closes the pidfd
	}
}

func (p *predecessors) tell(sig os.Signal) {
	for _, process := range p.processes {
		if err := process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			p.log.Warn("cannot send a signal to the process that is replaced", "pid", process.Pid, "signal", sig, "error", err)
		}
	}
}
