// Package worker is what a worker process is besides its data plane: it learns from the master what it is to do, and
// does what the master says until it leaves.
package worker

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"lbmaster/shared/control"
	"lbmaster/shared/pump"
	"lbmaster/worker/channel"
	"lbmaster/worker/proxy"
)

// ControlFD is the descriptor on which a worker finds its control channel.
const ControlFD = 3

// Env is what a worker needs of the world.
type Env struct {
	Control int       // descriptor of the control channel; the worker owns it
	Stdout  io.Writer // for log lines, like Stderr
	Stderr  io.Writer
	Say     *pump.Writer // to Stderr, for what the operator must know
}

// worker is the process. Its fields belong to the loop.
type worker struct {
	channel *channel.Channel
	slot    int
	proxy   *proxy.Proxy
	report  func(string)
	active  bool
	reason  string // why the loop ends
	orphan  orphan
	missed  missed
}

// Run is the life of a worker process. It returns when the master says so, when it has drained, or when the master has
// been gone for long enough.
func Run(env Env) error {
	replaced, err := channel.Begin(env.Control, env.Say)
	if err != nil {
		return err
	}
	runtime.LockOSThread() // the loop's thread waits in the kernel by itself
	w := &worker{orphan: orphan{replaced: replaced}}
	w.report = channel.Reports(env.Control, env.Say, "worker")
	w.channel = channel.New(env.Control, func(text string) { w.report(text) })
	if err := w.begin(env); err != nil {
		return errors.Join(err, w.channel.Last(control.Message{Kind: control.Bye, Reason: err.Error()}))
	}
	err = w.proxy.Run()
	return errors.Join(err, w.channel.Last(control.Message{Kind: control.Bye, Reason: w.reason}))
}

// begin takes the conversation to the point where the worker is ready.
func (w *worker) begin(env Env) error {
	deadline := time.Now().Add(channel.StartTime)
	if err := w.channel.Greet(); err != nil {
		return err
	}
	m, fds, err := w.channel.Expect(control.Start, deadline)
	if err != nil {
		return err
	}
	w.slot = m.Slot
	identity := m.Identity
	name := fmt.Sprintf("worker %d", m.Slot)
	channel.Name(fmt.Sprintf("lb-worker-%d", m.Slot))
	w.report = channel.Reports(env.Control, env.Say, name)
	if w.proxy, err = w.build(env, m, fds); err != nil {
		return err
	}
	w.channel.After = w.proxy.After
	targets, shards := len(fds)-control.StartWorkerFDs, 0
	for last := false; !last; last = m.Last {
		if m, fds, err = w.channel.Expect(control.Listeners, deadline); err != nil {
			return err
		}
		if err = w.listen(w.slot, m.Shards, fds); err != nil {
			return err
		}
		shards += len(fds)
	}
	if err := w.proxy.Watch(w.channel.FD(), w.onControl); err != nil {
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
	w.channel.Ready()
	return nil
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
