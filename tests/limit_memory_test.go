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
	const flood, room = 5000, 48 << 20 // a worker becomes larger than the master
	s, _ := newSite(t, 1)
	s.workers = 2
	s.global = "maxconn = 10000"
	s.timeout = `{ client = "1m", http_request = "1m", server = "30s", connect = "5s" }`
	group := newGroup(t, "memory")
	d := follow(t, s.run(t))
	group.take(d.family()...)
	used := int64(group.number(group.file("memory.usage_in_bytes", "memory.current")))
	limit := group.file("memory.limit_in_bytes", "memory.max")
	group.set(limit, strconv.FormatInt(used+room, 10))
	beginning := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 12<<10) // no more: it stays in a buffer
	var all []*raw
	for range flood {
		c := dial(t, s.place.front())
		_, _ = io.WriteString(c, beginning) // the worker may just have died
		all = append(all, c)
		if d.Stderr.Has("worker died") {
			break
		}
	}
	d.says("worker died")
	d.says("how=\"signal: killed\"")
	for _, c := range all {
		c.Close()
	}
	d.says("worker is back")
	for range 20 {
		dial(t, s.place.front()).get("/", 200)
	}
	group.set(limit, map[string]string{"memory.limit_in_bytes": "-1", "memory.max": "max"}[limit])
	before := d.reigns
	d.kill(before, syscall.SIGUSR2)
	d.await(func(masters []int) bool { return len(masters) == 1 && masters[0] != before })
	dial(t, s.place.front()).get("/", 200)
	if !rig.Alive(d.reigns) {
		t.Error("the master is gone")
	}
}
