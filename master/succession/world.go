package succession

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/shm"
	"lbmaster/shared/threads"
)

// World is what both sides do besides: a test has its own.
type World struct {
	Room   func() error                 // why there is no room for another process
	Check  func() error                 // asks the new program about the new configuration
	Words  func() (*Words, error)       // opens what the new master speaks through
	Say    func(fd int, text string)    // writes there
	Permit func() (int, error)          // a descriptor from which one process, of those that have it, can take one thing
	Claim  func(fd int) bool            // takes it; false: another one has
	Seal   func([]byte) (int, error)    // puts a text into a descriptor that nobody can change
	Unseal func(fd int) ([]byte, error) // is the text
	Close  func(fd int)
	Now    func() time.Time
	Sleep  func(time.Duration)
	Kill   func(pid int, s unix.Signal) // fails only when there is no such process any more
	Pid    func() int
}

// RealWorld is the one outside. The check runs with an environment.
func RealWorld(environ []string) *World {
	return &World{
		Room:   threads.Room,
		Check:  func() error { return check(environ) },
		Words:  pipe,
		Say:    say,
		Permit: newPermit,
		Claim:  claim,
		Seal:   func(text []byte) (int, error) { return shm.Seal("lbmaster-handover", text) },
		Unseal: shm.Unseal,
		Close:  func(fd int) { unix.Close(fd) },
		Now:    time.Now,
		Sleep:  func(d time.Duration) { <-time.After(d) },
		Kill:   func(pid int, s unix.Signal) { _ = unix.Kill(pid, s) },
		Pid:    os.Getpid,
	}
}
