package conf

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lbmaster/conf/raw"
	"lbmaster/conf/valid"
)

// errorStatuses are the answers of the proxy's own that a file can replace.
var errorStatuses = []int{400, 403, 408, 414, 431, 500, 501, 502, 503, 504, 505}

// maxPage is the size in bytes of a page, head included: it must fit into one buffer of a worker.
const maxPage = 14 << 10

func (p *parser) errorfile(t *table) map[int]Errorfile {
	v, in := get(t, "errorfile", "a table like { 503 = \"/path\" }", map[string]any(nil))
	if len(v) == 0 {
		return nil
	}
	files := make(map[int]Errorfile)
	for name, value := range v {
		status, err := strconv.Atoi(name)
		path, isString := value.(string)
		switch {
		case err != nil || !slices.Contains(errorStatuses, status):
			in.wrong("errorfile", "%q is not a status with a page: known are %s", name, strings.Trim(fmt.Sprint(errorStatuses), "[]"))
		case !isString || !filepath.IsAbs(path):
			in.wrong("errorfile", "the page of %s must be an absolute path", name)
		default:
			files[status] = Errorfile{Path: path, File: in.place("errorfile." + name).File, Line: in.line("errorfile." + name)}
		}
	}
	return files
}

// Load reads the files that the configuration names, with read, so that a worker needs none of them. The error is of type Errors.
func (c *Config) Load(read func(path string) ([]byte, error)) error {
	f := &raw.Findings{}
	for i := range c.Frontends {
		load(f, c.Frontends[i].Section, c.Frontends[i].Errorfile, read)
	}
	for i := range c.Backends {
		load(f, c.Backends[i].Section, c.Backends[i].Errorfile, read)
	}
	_, err := f.Sorted()
	return err
}

func load(f *raw.Findings, section string, files map[int]Errorfile, read func(path string) ([]byte, error)) {
	for status, file := range files {
		text, err := read(file.Path)
		if err == nil {
			file.Page, err = page(text)
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

// page turns the text of an errorfile, a whole HTTP response with line ends of either kind, into what a client gets. The
// connection ends after it, and its length is known: both are said whether the file says so or not.
func page(text []byte) ([]byte, error) {
	head, body, ok := cutHead(text)
	if !ok {
		return nil, errors.New("there is no empty line between the head and the body of the response")
	}
	lines := strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")
	if !validStatusLine(lines[0]) {
		return nil, fmt.Errorf("%q is not the first line of a response: write \"HTTP/1.1 503 Service Unavailable\"", lines[0])
	}
	out := []byte(lines[0] + "\r\n")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case !valid.Token(name) || !valid.Printable(value):
			return nil, fmt.Errorf("%q is not a header field", line)
		case strings.EqualFold(name, "transfer-encoding"):
			return nil, errors.New("a page cannot have a Transfer-Encoding: leave it out")
		case strings.EqualFold(name, "connection"), strings.EqualFold(name, "content-length"):
		default:
			out = append(out, line+"\r\n"...)
		}
	}
	out = fmt.Appendf(out, "Content-Length: %d\r\nConnection: close\r\n\r\n", len(body))
	out = append(out, body...)
	if len(out) > maxPage {
		return nil, fmt.Errorf("%d bytes: at most %d are possible", len(out), maxPage)
	}
	return out, nil
}

// cutHead cuts a response at its first empty line.
func cutHead(text []byte) (head, body []byte, ok bool) {
	crlf, lf := bytes.Index(text, []byte("\r\n\r\n")), bytes.Index(text, []byte("\n\n"))
	switch {
	case crlf >= 0 && (lf < 0 || crlf < lf):
		return text[:crlf], text[crlf+4:], true
	case lf >= 0:
		return text[:lf], text[lf+2:], true
	}
	return nil, nil, false
}

// validStatusLine says whether s is the first line of a final response (RFC 9112 section 4).
func validStatusLine(s string) bool {
	version, rest, _ := strings.Cut(s, " ")
	status, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(status)
	return (version == "HTTP/1.0" || version == "HTTP/1.1") && err == nil && len(status) == 3 && 200 <= n && n <= 599 && valid.Printable(s)
}
