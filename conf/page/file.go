package page

import (
	"fmt"
	"strings"

	"lbmaster/conf/raw"
)

// File is a page that stands instead of one of the proxy's own.
type File struct {
	Path string
	File string `json:",omitempty"` // the configuration file that names it; "" after Load
	Line int    // where in that
	Page []byte // the response as a client gets it; nil before Load
}

// Load reads the files of a section, by their statuses, with read. Each that cannot be used is a finding.
func Load(f *raw.Findings, section string, files map[int]File, read func(path string) ([]byte, error)) {
	for status, file := range files {
		text, err := read(file.Path)
		if err == nil {
			file.Page, err = parse(text)
		}
		if err != nil {
			f.Fail(raw.Place{File: file.File, Line: file.Line, Key: section + ".errorfile"}, "the page of %d: %v", status, at(file.Path, err))
		}
		file.File = "" // the children do not learn where the configuration came from
		files[status] = file
	}
}

// at puts the path before an error that does not have it yet.
func at(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
