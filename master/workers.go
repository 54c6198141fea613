package master

import (
	"fmt"
	"slices"
	"time"

	"lbmaster/master/child"
	"lbmaster/shared/control"
	"lbmaster/shared/counter"
)

// start starts a worker in a slot.
func (m *master) start(s *slot, now time.Time) {
	c, err := m.sys.spawn(s.index)
	if err != nil {
		m.log.Error("cannot start a worker", "worker", s.index, "error", err)
		s.become(starting, now)
		m.lost(s, err.Error())
		return
	}
	c.Heard = now
	s.child = c
	s.become(starting, now)
	s.due = now.Add(readyTime)
}

// instruct tells a new worker everything that it needs to become ready.
func (m *master) instruct(s *slot) {
	logs := m.openLogs()
	s.child.Say(control.Message{Kind: control.Start, Generation: m.number, Slot: s.index, Workers: len(m.slots), Identity: &m.identity}, append(m.memory.workerFDs(s.index), logs...))
	control.CloseAll(logs)
	m.sendShards(s.child, control.Message{Kind: control.Listeners}, m.shards(s.index, true))
}

// offer is a shard and its descriptor.
type offer struct {
	shard control.Shard
	fd    int
}

// shards are those of a slot; with shared also the sockets that all workers poll.
func (m *master) shards(slot int, shared bool) []offer {
	var all []offer
	for _, l := range m.listeners {
		if l.Shared() && !shared {
			continue
		}
		for _, fd := range l.Of(slot, len(m.slots)) {
			all = append(all, offer{l.Shard, fd})
		}
	}
	return all
}

// sendShards sends shards in as many messages as they need, at least one.
func (m *master) sendShards(to *child.Child, message control.Message, all []offer) {
	most := control.MaxFDs
	if message.Kind == control.Lend {
		most = control.MaxLent
	}
	for {
		n := min(len(all), most)
		message.Shards = nil
		var fds []int
		for _, o := range all[:n] {
			message.Shards = append(message.Shards, o.shard)
			fds = append(fds, o.fd)
		}
		all = all[n:]
		message.Last = len(all) == 0
		to.Say(message, fds)
		if message.Last {
			return
		}
	}
}

// lockUp locks up a child that is ready to be. One that cannot be is no use.
func (m *master) lockUp(c *child.Child) bool {
	err := c.LockUp()
	if err != nil {
		m.log.Error("cannot lock up a child: killed", "child", c.Title, "pid", c.Pid, "error", err)
		c.Kill()
	}
	return err == nil
}

// activate lets a worker accept, and takes its shards back from its borrower. It also becomes the borrower of those that have
// found none.
func (m *master) activate(s *slot) {
	s.become(active, m.sys.now())
	for _, g := range slices.Concat(m.incoming.generations, m.old) {
		showPeerGeneration(s.child, g.number, g.counters)
	}
	if m.pause.state != accepting {
		s.child.Say(control.Message{Kind: control.Pause}, nil) // so that it stays so when it becomes active
	}
	s.child.Say(control.Message{Kind: control.Activate}, nil)
	m.lives(m.sys.now())
	if s.failures > 0 {
		m.log.Info("worker is back", "worker", s.index, "pid", s.child.Pid)
	}
	if s.borrower != nobody {
		if borrower := m.slots[s.borrower]; borrower.child != nil {
			borrower.child.Say(control.Message{Kind: control.Return, Slot: s.index}, nil)
		}
		s.borrower = nobody
	}
	for _, other := range m.slots {
		if other.state != active && other.borrower == nobody {
			m.lend(other)
		}
	}
}

// lend lets a sibling poll the shards of a slot that has no active worker.
func (m *master) lend(s *slot) {
	if s.borrower != nobody && m.slots[s.borrower].state == active {
		return // it has them, and gives them back when the slot has a worker again
	}
	s.borrower = chooseBorrower(m.slots)
	if s.borrower == nobody {
		return
	}
	borrower := m.slots[s.borrower]
	m.sendShards(borrower.child, control.Message{Kind: control.Lend, Slot: s.index}, m.shards(s.index, false))
}

// onEnd goes on after a worker has ended.
func (m *master) onEnd(s *slot, how string) {
	s.child.Close()
	m.memory.vacate(s.index)
	how = s.child.End(how)
	switch m.phase {
	case stopping, draining:
		s.child = nil
		s.become(gone, m.sys.now())
		if m.phase == draining {
			m.relieve(s)
		}
	default:
		m.log.Error("worker died", "worker", s.index, "pid", s.child.Pid, "how", how)
		m.lost(s, how)
	}
}

// lost lends the shards of a dead worker, and those that it had borrowed, and sees to the next one. An instance that has
// never been up gives up instead.
func (m *master) lost(s *slot, how string) {
	m.memory.count()[counter.WorkerDeaths].Add(1)
	now, lived := m.sys.now(), time.Duration(0)
	if s.state == active {
		lived = now.Sub(s.since)
	}
	s.died(now, m.sys.jitter())
	if m.phase == comingUp {
		m.stop(startFailure(s.index, how))
		return
	}
	m.crash(s, lived)
	m.relieve(s)
}

// relieve lends the shards of a dead worker, and those that it had borrowed, as long as somebody accepts: also in the
// grace of a soft stop, when nobody comes after it.
func (m *master) relieve(s *slot) {
	for _, other := range m.slots {
		if other == s || other.borrower == s.index {
			m.lend(other)
		}
	}
}

// startFailure is why the first start failed.
func startFailure(slot int, why string) error {
	return fmt.Errorf("worker %d did not come up: %s", slot, why)
}
