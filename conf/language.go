package conf

import (
	"lbmaster/conf/classic"
	"lbmaster/conf/raw"
	"lbmaster/conf/toml"
)

// Parse reads and checks a configuration in TOML. The name is that of the file, for the messages. The error is of type Errors: all
// that is wrong, not only the first. Warnings come with and without an error.
func Parse(name string, text []byte) (*Config, []Warning, error) {
	f := &raw.Findings{}
	var c *Config
	if classic.Looks(string(text)) {
		f.Fail(raw.Place{File: name}, "this is not TOML but HAProxy's language: use -f instead of -c")
	} else if d := toml.Read(name, string(text), f); d != nil {
		c = check(d, f)
	}
	warnings, err := f.Sorted()
	return c, warnings, err
}

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
	return toml.Write(d), warnings, nil
}

func parseClassic(files []File, getenv func(string) (string, bool)) (*Config, *raw.Document, []Warning, error) {
	f := &raw.Findings{}
	d := classic.Read(files, getenv, f)
	c := check(d, f)
	warnings, err := f.Sorted()
	return c, d, warnings, err
}
