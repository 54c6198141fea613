//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// pids are the process ids that follow a flag like -sf, as a shell makes them of "-sf $(cat PIDFILE)": any number, even
// none.
type pids []int

func (p *pids) String() string { return strings.Trim(fmt.Sprint(*p), "[]") }

// Set reads what gather has made of the flag.
func (p *pids) Set(s string) error {
	*p = nil
	for _, word := range strings.Fields(s) {
		pid, err := strconv.Atoi(word)
		if err != nil || pid < 2 {
			return fmt.Errorf("%q is not a process id", word)
		}
		*p = append(*p, pid)
	}
	return nil
}

// gather joins all words behind such a flag to one, so that the flag package understands it.
func gather(args []string, flags ...string) []string {
	var all []string
	for i := 0; i < len(args); i++ {
		if !isOneOf(args[i], flags) {
			all = append(all, args[i])
			continue
		}
		from := i + 1
		for i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
		}
		all = append(all, args[from-1]+"="+strings.Join(args[from:i+1], " "))
	}
	return all
}

func isOneOf(arg string, flags []string) bool {
	for _, f := range flags {
		if arg == f || arg == "-"+f {
			return true
		}
	}
	return false
}
