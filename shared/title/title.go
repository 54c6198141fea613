// Package title changes the name under which lists of processes show this one (proc(5), /proc/PID/cmdline). The kernel shows the
// memory in which the arguments were handed over at the start: what is written there is what ps and pgrep -f read.
package title

import (
	"os"
	"unsafe"
)

// Append adds a suffix to the first argument, in the place of the arguments behind it, and cuts off what has no room there. It
// must not run beside a reader of os.Args, whose strings it changes.
func Append(suffix string) {
	area := arguments()
	if area == nil {
		return
	}
	n := len(os.Args[0])
	clear(area[n:])
	copy(area[n:len(area)-1], suffix) // a last byte that is not zero would make the kernel go on with the environment
}

// arguments is the memory of the arguments: one behind the other, a zero after each. The strings of os.Args lie in there, as long as
// nobody has replaced them; nil: somebody has.
func arguments() []byte {
	if len(os.Args) == 0 || len(os.Args[0]) == 0 {
		return nil
	}
	first, size := unsafe.StringData(os.Args[0]), 0
	for _, arg := range os.Args {
		if len(arg) == 0 || unsafe.Pointer(unsafe.StringData(arg)) != unsafe.Add(unsafe.Pointer(first), size) {
			return nil
		}
		size += len(arg) + 1
	}
	return unsafe.Slice(first, size)
}
