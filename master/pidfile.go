package master

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// pidfile is the path of a file with the master's process id; "": none. Several processes may own it one after the
// other: whoever wrote it last.
type pidfile string

// write makes the file this process's own, at once: a reader finds one process id or the other.
func (p pidfile) write() error {
	if p == "" {
		return nil
	}
	fresh := string(p) + "." + strconv.Itoa(os.Getpid())
	err := os.WriteFile(fresh, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644)
	if err == nil {
		err = os.Rename(fresh, string(p))
	}
	if err != nil {
		_ = os.Remove(fresh) // it may not be there
		return fmt.Errorf("cannot write the pidfile (global.pidfile or -p): %w", cause(err, string(p)))
	}
	return nil
}

// cause names the path that was asked for instead of one that the user has never heard of.
func cause(err error, path string) error {
	var e *os.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &e):
		return fmt.Errorf("%s: %w", path, e.Err)
	case errors.As(err, &l):
		return fmt.Errorf("%s: %w", path, l.Err)
	}
	return err
}

// remove removes the file if it is still this process's.
func (p pidfile) remove() {
	if p == "" {
		return
	}
	text, err := os.ReadFile(string(p))
	if err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(os.Getpid()) {
		_ = os.Remove(string(p)) // nothing can be done about it
	}
}
