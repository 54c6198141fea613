//go:build fdtrace

package sock

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Traced says that this build knows who has made each descriptor, which allocates.
const Traced = true

// registry remembers the stack that made each owned descriptor.
var registry = struct {
	sync.Mutex
	stacks map[int]string
}{stacks: make(map[int]string)}

func opened(n int) {
	registry.Lock()
	defer registry.Unlock()
	if was, ok := registry.stacks[n]; ok {
		panic(fmt.Sprintf("descriptor %d is owned twice; first by\n%s", n, was))
	}
	registry.stacks[n] = string(debug.Stack())
}

func closed(n int) {
	registry.Lock()
	defer registry.Unlock()
	if _, ok := registry.stacks[n]; !ok {
		panic(fmt.Sprintf("descriptor %d is closed but not owned", n))
	}
	delete(registry.stacks, n)
}

// Leaks returns the stacks that made the descriptors which are still owned.
func Leaks() []string {
	registry.Lock()
	defer registry.Unlock()
	var all []string
	for n, s := range registry.stacks {
		all = append(all, fmt.Sprintf("descriptor %d:\n%s", n, s))
	}
	return all
}
