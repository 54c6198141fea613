package conf

import (
	"errors"
	"io/fs"
	"testing"
)

// TestLoad: every file that cannot be used is named with the line of its key.
func TestLoad(t *testing.T) {
	const text = `[listen.web]
bind = "127.0.0.1:80"
mode = "http"
server = [{ name = "a", address = "127.0.0.1:81" }]

[listen.web.errorfile]
503 = "/good"
502 = "/bad"
504 = "/missing"
`
	c, _, err := Parse("f.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"/good": "HTTP/1.1 503 Down\n\n", "/bad": "down"}
	err = c.Load(func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	})
	const want = `f.toml:8: listen.web.errorfile: the page of 502: /bad: there is no empty line between the head and the body of the response
f.toml:9: listen.web.errorfile: the page of 504: open /missing: file does not exist`
	var all Errors
	if !errors.As(err, &all) || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if string(c.Frontends[0].Errorfile[503].Page) == "" || string(c.Backends[0].Errorfile[503].Page) == "" {
		t.Error("the good page is not there")
	}
}
