// Package release is the version of the program, the same wherever it is shown.
package release

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// name is the version of a build that cannot know it: one from an archive, without the repository. The linker sets it:
// -ldflags "-X lbmaster/shared/release.name=1.2.3"; make does with RELEASE=1.2.3.
var name string

// Version is X.Y.Z for a build of the commit with the tag vX.Y.Z; a pseudo-version with the time and the hash of the commit for one
// of any other commit (go.dev/ref/mod#pseudo-versions); both with +dirty behind them when files had been changed or added; and
// "(devel)" when the build knows nothing of a repository.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return text(name, "")
	}
	return text(name, info.Main.Version)
}

// Build is the version, with that of Go behind it.
func Build() string { return Version() + " " + runtime.Version() }

// text is the version out of what the linker and the Go tool have left.
func text(given, main string) string {
	switch {
	case given != "":
		return given
	case main == "":
		return "(devel)"
	}
	return strings.TrimPrefix(main, "v")
}
