package worker

import (
	"fmt"
	"syscall"
)

// limitFiles makes n the limit of open files of this process, if the configuration names one. The master has raised the
// hard limit as far as it may: what is above that is not asked for, and the master has said so.
func limitFiles(n int) error {
	if n == 0 {
		return nil
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit of open files: %w", err)
	}
	limit.Cur = min(uint64(n), limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot set the limit of open files to %d: %w", limit.Cur, err)
	}
	return nil
}
