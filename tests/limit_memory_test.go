//go:build linux

package tests

import (
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lbmaster/tools/rig"
)

// The memory of an instance is used up (a memory cgroup): the kernel kills a worker, which is the largest process. The others and the
// master go on, the worker comes back, and an upgrade succeeds when there is memory again.
func TestWorkerDiesAtTheLimitOfMemory(t *testing.T) {
	t.Parallel()
	const flood, larger = 5000, 8 << 20
	s, _ := newSite(t, 1)
	s.workers = 2
	s.global = "maxconn = 10000"
	s.timeout = `{ client = "1m", http_request = "1m", server = "30s", connect = "5s" }`
	group := newGroup(t, "memory")
	inst := instanceOf(t, s.run(t))
	group.take(inst.processes()...)
	memory := func(pid int) int64 {
		n, err := rig.Memory(pid)
		if err != nil {
			return 0 // it has just died
		}
		return n
	}
	usage := group.file("memory.usage_in_bytes", "memory.current")
	limit := group.file("memory.limit_in_bytes", "memory.max")
	limited := false
	beginning := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 12<<10) // no more: it stays in a buffer
	var all []*raw
	for i := 0; i < flood && !inst.Stderr.Has("worker died"); i++ {
		c := dial(t, s.place.front())
		_, _ = io.WriteString(c, beginning) // the worker may just have died
		all = append(all, c)
		if i%20 != 0 || limited {
			continue
		}
		for _, pid := range inst.balancer.workers() { // the kernel ends the largest process, which is the master at first
			if memory(pid) > memory(inst.Pid)+larger && !limited {
				limited = true
				group.set(limit, strconv.Itoa(group.number(usage)+1<<20))
			}
		}
	}
	inst.says("worker died")
	inst.says("how=\"signal: killed\"")
	for _, c := range all {
		c.Close()
	}
	inst.says("worker is back")
	for range 20 {
		dial(t, s.place.front()).get("/", 200)
	}
	group.set(limit, map[string]string{"memory.limit_in_bytes": "-1", "memory.max": "max"}[limit])
	before := inst.master
	inst.kill(before, syscall.SIGUSR2)
	inst.await(func(masters []int) bool { return len(masters) == 1 && masters[0] != before })
	dial(t, s.place.front()).get("/", 200)
	if !rig.Alive(inst.master) {
		t.Error("the master is gone")
	}
}
