package conf

import (
	"lbmaster/conf/classic"
	"lbmaster/conf/raw"
)

// File is one file of a configuration in HAProxy's language.
type File = classic.File

// ParseClassic reads and checks a configuration in HAProxy's language, of files that are read one behind the other. Getenv says what the
// environment has. The error is of type Errors, as that of Parse.
func ParseClassic(files []File, getenv func(string) (string, bool)) (*Config, []Warning, error) {
	c, _, warnings, err := parseClassic(files, getenv)
	return c, warnings, err
}

// Translate reads and checks a configuration in HAProxy's language, and writes the same in TOML, with what has been decided as comments.
func Translate(files []File, getenv func(string) (string, bool)) ([]byte, []Warning, error) {
	_, d, warnings, err := parseClassic(files, getenv)
	if err != nil {
		return nil, warnings, err
	}
	return writeTOML(d), warnings, nil
}

func parseClassic(files []File, getenv func(string) (string, bool)) (*Config, *raw.Document, []Warning, error) {
	f := &raw.Findings{}
	d := classic.Read(files, getenv, f)
	c := check(d, f)
	warnings, err := f.Sorted()
	return c, d, warnings, err
}
