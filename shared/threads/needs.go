package threads

// ofRuntime is how many threads the Go runtime has for itself: the first one, that which watches the others, that which receives
// signals, that which makes new ones, and some that are on their way out.
const ofRuntime = 6

// OfChild is how many threads a child of the master reserves. Besides the one that runs, those wait in the kernel at most that write to
// standard output and error, to a log file, a dump and a profile, or read a file.
const OfChild = 8

// OfMaster is how many threads a master reserves, with so many workers and so many processors that it uses: for each child one that
// waits for the end of the process and one that has started it, as many for the next generation's master and for the check before, and those
// that write and read files.
func OfMaster(workers, processors int) int { return processors + 2*(workers+1) + 8 }

// Tasks is how many tasks (processes and threads, as pids.max and TasksMax= count them) an instance has with so many workers, while
// generations of it are alive at the same time.
func Tasks(workers, processors, generations int) int {
	masters := 1
	if generations > 1 {
		masters = 2 // the old one, and the one that takes over
	}
	one := ofRuntime + margin
	return masters*(OfMaster(workers, processors)+one) + generations*(workers+1)*(OfChild+one)
}
