package child

import (
	"golang.org/x/sys/unix"
)

// CPU is the n-th of the CPUs that this process may use, counted round and round. The service manager or a cpuset may change them, so
// that each child asks anew.
func CPU(n int) (*unix.CPUSet, error) {
	var allowed unix.CPUSet
	// Of the first thread: no other is sure to have what the process has been given.
	if err := unix.SchedGetaffinity(unix.Getpid(), &allowed); err != nil {
		return nil, err
	}
	return oneOf(&allowed, n), nil
}

// oneOf is the n-th CPU of a set, counted round and round.
func oneOf(set *unix.CPUSet, n int) *unix.CPUSet {
	n %= set.Count()
	one := &unix.CPUSet{}
	for cpu := 0; ; cpu++ {
		if !set.IsSet(cpu) {
			continue
		}
		if n == 0 {
			one.Set(cpu)
			return one
		}
		n--
	}
}
