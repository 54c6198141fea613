//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lbmaster/conf"
)

// names are the values of a flag that may be given several times.
type names []string

func (n *names) String() string { return strings.Join(*n, ", ") }

// Set takes one more.
func (n *names) Set(s string) error {
	*n = append(*n, s)
	return nil
}

// expand is the files that a name after -f means: of a directory, those that end with .cfg, in the order of their names.
func expand(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, nil // reading it says what is wrong
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, entry := range entries {
		if n := entry.Name(); strings.HasSuffix(n, ".cfg") && n[0] != '.' && !entry.IsDir() {
			all = append(all, filepath.Join(name, n))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s is a directory without files whose names end with .cfg", name)
	}
	return all, nil
}

// parse reads the configuration, in the language that the flags say.
func (o *options) parse(e env) (*conf.Config, []conf.Warning, error) {
	if len(o.classic) > 0 {
		files, err := o.classicFiles(e)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read the configuration: %w", err)
		}
		return conf.ParseClassic(files, e.lookUp)
	}
	text, err := e.read(o.in(o.file))
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return conf.Parse(o.in(o.file), text)
}

// classicFiles reads all files that -f names. All that cannot be read are told.
func (o *options) classicFiles(e env) (files []conf.File, failed error) {
	for _, arg := range o.classic {
		all, err := expand(o.in(arg))
		failed = errors.Join(failed, err)
		for _, name := range all {
			text, err := e.read(name)
			failed = errors.Join(failed, err)
			files = append(files, conf.File{Name: name, Text: string(text)})
		}
	}
	return files, failed
}

// in is a path as seen from the directory of -C. The process stays where it is: its successors get the same flags.
func (o *options) in(path string) string {
	if path == "" || filepath.IsAbs(path) || o.directory == "" {
		return path
	}
	return filepath.Join(o.directory, path)
}

// configuration is what messages call it.
func (o *options) configuration() string {
	if len(o.classic) > 0 {
		return o.classic.String()
	}
	return o.file
}

// translate prints the configuration in TOML.
func (o *options) translate(e env) error {
	files, err := o.classicFiles(e)
	if err != nil {
		return fmt.Errorf("cannot read the configuration: %w", err)
	}
	text, warnings, err := conf.Translate(files, e.lookUp)
	for _, w := range warnings {
		fmt.Fprintln(e.stderr, "lbmaster: warning:", w)
	}
	if err == nil {
		_, err = e.stdout.Write(text)
	}
	return err
}

// lookUp finds a variable of the environment.
func (e *env) lookUp(name string) (value string, ok bool) {
	i := slices.IndexFunc(e.environ, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	if i < 0 {
		return "", false
	}
	return e.environ[i][len(name)+1:], true
}
