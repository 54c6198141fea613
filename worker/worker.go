// Package worker is what a worker process is besides its data plane: it learns from the master what it is to do, and
// does what the master says until it leaves.
package worker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
	"lbmaster/shared/dump"
	"lbmaster/shared/oom"
	"lbmaster/shared/pump"
	"lbmaster/shared/signals"
	"lbmaster/shared/threads"
	"lbmaster/worker/proxy"
)

// ControlFD is the descriptor on which a worker finds its control channel.
const ControlFD = 3

// startTime is how long the master may take to say everything: one that has not by then never will.
const startTime = 30 * time.Second

// Env is what a worker needs of the world.
type Env struct {
	Control int       // descriptor of the control channel; the worker owns it
	Stdout  io.Writer // for log lines, like Stderr
	Stderr  io.Writer
	Say     *pump.Writer // to Stderr, for what the operator must know
}

// worker is the process. Its fields belong to the loop.
type worker struct {
	control int
	slot    int
	proxy   *proxy.Proxy
	report  func(string)
	active  bool
	reason  string // why the loop ends
	orphan  orphan
	channel channel
}

// Run is the life of a worker process. It returns when the master says so, when it has drained, or when the master has
// been gone for long enough.
func Run(env Env) error {
	replaced := signals.Child(env.Control)
	dump.OnQuit(env.Say, os.Args[0])
	_ = oom.Offer() // else the kernel chooses by size alone
	threads.Reserve(threads.OfChild)
	runtime.LockOSThread() // the loop's thread waits in the kernel by itself
	unix.CloseOnExec(env.Control)
	if err := unix.SetNonblock(env.Control, true); err != nil {
		return fmt.Errorf("descriptor %d is no control channel: a worker is started by the master only: %w", env.Control, err)
	}
	w := &worker{control: env.Control, orphan: orphan{replaced: replaced}}
	if err := w.begin(env); err != nil {
		return errors.Join(err, w.sayLast(control.Message{Kind: control.Bye, Reason: err.Error()}))
	}
	err := w.proxy.Run()
	return errors.Join(err, w.sayLast(control.Message{Kind: control.Bye, Reason: w.reason}))
}

// begin takes the conversation to the point where the worker is ready.
func (w *worker) begin(env Env) error {
	deadline := time.Now().Add(startTime)
	if err := control.Send(w.control, control.Message{Kind: control.Hello, Pid: unix.Getpid()}, nil); err != nil {
		return fmt.Errorf("cannot tell the master: %w", err)
	}
	m, fds, err := w.hear(deadline)
	if err != nil {
		return err
	}
	if m.Kind != control.Start {
		control.CloseAll(fds)
		return fmt.Errorf("the master said %s instead of %s", m.Kind, control.Start)
	}
	w.slot = m.Slot
	identity := m.Identity
	name(m.Slot)
	w.report = newReporter(w.control, env.Say, m.Slot)
	if w.proxy, err = w.build(env, m, fds); err != nil {
		return err
	}
	targets, shards := len(fds)-control.StartWorkerFDs, 0
	for last := false; !last; last = m.Last {
		if m, fds, err = w.hear(deadline); err != nil {
			return err
		}
		if m.Kind != control.Listeners {
			control.CloseAll(fds)
			return fmt.Errorf("the master said %s instead of %s", m.Kind, control.Listeners)
		}
		if err = w.listen(w.slot, m.Shards, fds); err != nil {
			return err
		}
		shards += len(fds)
	}
	if err := w.proxy.Watch(w.control, w.onControl); err != nil {
		return err
	}
	if identity != nil {
		if err := identity.Settle(); err != nil {
			return err
		}
	}
	if err := w.setAside(shards, targets); err != nil {
		return err
	}
	w.proxy.BoundPipes(freeFiles())
	w.say(control.Message{Kind: control.Ready})
	return nil
}

// name shows in top and pstree what the process is. Failing to is harmless.
func name(slot int) {
	_ = os.WriteFile("/proc/self/comm", []byte(fmt.Sprintf("lb-worker-%d", slot)), 0)
}

// listen gives the shards of a slot to the proxy.
func (w *worker) listen(owner int, shards []control.Shard, fds []int) error {
	if len(shards) != len(fds) {
		control.CloseAll(fds)
		return fmt.Errorf("%d listening sockets came for %d shards", len(fds), len(shards))
	}
	for i, shard := range shards {
		if err := w.proxy.Listen(owner, shard.Frontend, shard.Bind, fds[i]); err != nil {
			control.CloseAll(fds[i:])
			return err
		}
	}
	return nil
}
