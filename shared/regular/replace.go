package regular

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Replace makes a file with a text and a mode, less the umask, at once: a reader finds the former text or the new one. In a directory to which others may write,
// they cannot lead the text elsewhere: the file that is renamed is new, with a name that nobody knows, and the directory is looked up
// once. Errors name the file that was asked for.
func Replace(name, text string, mode fs.FileMode) error {
	dir, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return named(name, err)
	}
	defer dir.Close()
	base := filepath.Base(name)
	fresh := fmt.Sprintf("%s.%016x", base, rand.Uint64())
	err = create(dir, fresh, text, mode)
	if err == nil {
		err = dir.Rename(fresh, base)
	}
	if err != nil {
		_ = dir.Remove(fresh) // it may not be there
		return named(name, err)
	}
	return nil
}

// create makes a file that is not there yet.
func create(dir *os.Root, name, text string, mode fs.FileMode) error {
	f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// named names the path that was asked for instead of one that the user has never heard of.
func named(path string, err error) error {
	var e *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &e):
		err = e.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
