package master

import (
	"fmt"
	"runtime"

	"lbmaster/conf"
	"lbmaster/shared/threads"
)

// Needs says in lines what an instance of a configuration needs of the machine.
func Needs(c *conf.Config) []string {
	workers := workerCount(c)
	tasks := func(generations int) int { return threads.Tasks(workers, processors(), generations) }
	return []string{
		fmt.Sprintf("tasks (processes and threads; TasksMax=, pids.max, ulimit -u): %d, during an upgrade %d, with %d generations (max_generations) %d",
			tasks(1), tasks(2), c.Global.MaxGenerations, tasks(c.Global.MaxGenerations)),
		fmt.Sprintf("open files of one process (LimitNOFILE=, ulimit -n): %d for a worker that holds all connections, %d for the master during an upgrade",
			workerFiles(c, c.Global.Maxconn), masterFiles(c, workers)),
	}
}

// processors is how many processors the master uses: it has little to do, and each could need a thread more.
func processors() int { return min(runtime.NumCPU(), 2) }
