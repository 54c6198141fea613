// Package oom tells the kernel which process of an instance it should end when memory is short (proc_pid_oom_score_adj(5)).
package oom

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// offer is by how much a process is a better choice than the one that has started it, in thousandths of the memory there is.
const offer = 50

const (
	file = "/proc/self/oom_score_adj"
	most = 1000
)

// Offer makes this process a better choice than its parent, relative to what that is: the master replaces a child that was ended, and
// nobody replaces the master. Raising the number takes no privilege.
func Offer() error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	score, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(strconv.Itoa(min(score+offer, most))), 0)
}
