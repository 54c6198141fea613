package address

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// MaxUnixPath is the longest path that a unix socket can have (unix(7)).
const MaxUnixPath = 107

// CheckUnixPath says what is wrong with the path of a unix socket.
func CheckUnixPath(path string) error {
	switch {
	case !filepath.IsAbs(path):
		return fmt.Errorf("unix:%s: the path must be absolute", path)
	case len(path) > MaxUnixPath:
		return fmt.Errorf("unix:%s: the path has %d bytes, at most %d are possible", path, len(path), MaxUnixPath)
	case strings.IndexByte(path, 0) >= 0:
		return errors.New("a path cannot have a NUL byte")
	}
	return nil
}
