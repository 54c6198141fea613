// Package dump shows what a process is doing, without ending it.
package dump

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/sys/unix"
)

// OnQuit makes SIGQUIT write the stacks of all goroutines to a file, and go on, for as long as the process lives. A goroutine
// of its own does it, so that one that hangs shows where. The file may block that goroutine, and nothing else.
func OnQuit(to io.Writer, who string) {
	quits := make(chan os.Signal, 1)
	signal.Notify(quits, unix.SIGQUIT)
	go func() {
		for range quits {
			Write(to, who)
		}
	}()
}

// Write writes the stacks of all goroutines of this process, who it is and its process id before them, in one piece.
func Write(to io.Writer, who string) {
	// There is nobody to tell when the file takes nothing.
	_, _ = fmt.Fprintf(to, "%s (pid %d): goroutines:\n%s\n", who, os.Getpid(), stacks())
}

// longest bounds a dump, in bytes: a process with that much to say is understood from its beginning.
const longest = 16 << 20

func stacks() []byte {
	for size := 64 << 10; ; size *= 4 {
		b := make([]byte, size)
		if n := runtime.Stack(b, true); n < size || size >= longest {
			return b[:n]
		}
	}
}
