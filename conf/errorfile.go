package conf

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lbmaster/conf/page"
	"lbmaster/conf/raw"
	"lbmaster/conf/typed"
)

// errorStatuses are the answers of the proxy's own that a file can replace.
var errorStatuses = []int{400, 403, 408, 414, 431, 500, 501, 502, 503, 504, 505}

func (p *parser) errorfile(t *table) map[int]Errorfile {
	v, in := typed.Get(t, "errorfile", "a table like { 503 = \"/path\" }", map[string]any(nil))
	if len(v) == 0 {
		return nil
	}
	files := make(map[int]Errorfile)
	for name, value := range v {
		status, err := strconv.Atoi(name)
		path, isString := value.(string)
		switch {
		case err != nil || !slices.Contains(errorStatuses, status):
			in.Wrong("errorfile", "%q is not a status with a page: known are %s", name, strings.Trim(fmt.Sprint(errorStatuses), "[]"))
		case !isString || !filepath.IsAbs(path):
			in.Wrong("errorfile", "the page of %s must be an absolute path", name)
		default:
			files[status] = Errorfile{Path: path, File: in.Place("errorfile." + name).File, Line: in.Line("errorfile." + name)}
		}
	}
	return files
}

// Load reads the files that the configuration names, with read, so that a worker needs none of them. The error is of type Errors.
func (c *Config) Load(read func(path string) ([]byte, error)) error {
	f := &raw.Findings{}
	for i := range c.Frontends {
		page.Load(f, c.Frontends[i].Section, c.Frontends[i].Errorfile, read)
	}
	for i := range c.Backends {
		page.Load(f, c.Backends[i].Section, c.Backends[i].Errorfile, read)
	}
	_, err := f.Sorted()
	return err
}
