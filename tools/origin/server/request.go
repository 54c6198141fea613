package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
)

// maxHead bounds the heads that the server reads.
const maxHead = 1 << 20

var errHead = errors.New("the head is not HTTP/1")

// request is the head of a request. It is parsed without strictness: what a proxy lets through should be shown.
type request struct {
	raw            []byte // the head as it was received, the blank line included
	method, target string
	minor          int // of HTTP/1.x
	path           []string
	fields         []field
}

type field struct{ name, value string }

// readHead reads the bytes of one head, with any empty lines before it.
func readHead(r *bufio.Reader) ([]byte, error) {
	var head []byte
	begun := false
	for len(head) < maxHead {
		line, err := r.ReadSlice('\n')
		head = append(head, line...)
		if err != nil && err != bufio.ErrBufferFull {
			return head, err
		}
		if blank := len(bytes.TrimRight(line, "\r\n")) == 0; !blank {
			begun = true
		} else if begun && endsLine(head, line) {
			return head, nil
		}
	}
	return head, fmt.Errorf("%w: more than %d bytes", errHead, maxHead)
}

// endsLine says whether line, which is the end of head, is a line of its own and not the rest of one that did not fit in
// the reader's buffer.
func endsLine(head, line []byte) bool {
	before := head[:len(head)-len(line)]
	return bytes.HasSuffix(before, []byte{'\n'})
}

func parse(raw []byte) (*request, error) {
	lines := strings.Split(strings.Trim(string(raw), "\r\n"), "\n")
	part := strings.Split(strings.TrimSuffix(lines[0], "\r"), " ")
	if len(part) != 3 || part[2] != "HTTP/1.0" && part[2] != "HTTP/1.1" {
		return nil, fmt.Errorf("%w: request line %q", errHead, lines[0])
	}
	q := &request{raw: raw, method: part[0], target: part[1], minor: int(part[2][7] - '0')}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		q.fields = append(q.fields, field{name, strings.TrimSpace(value)})
	}
	q.path = split(q.target)
	return q, nil
}

// split cuts the path of a request target into its parts, without any query.
func split(target string) []string {
	if _, after, ok := strings.Cut(target, "://"); ok {
		_, target, _ = strings.Cut(after, "/")
	}
	path, _, _ := strings.Cut(target, "?")
	return strings.Split(strings.TrimPrefix(path, "/"), "/")
}

// field returns the value of the first field of that name.
func (q *request) field(name string) (string, bool) {
	for _, f := range q.fields {
		if strings.EqualFold(f.name, name) {
			return f.value, true
		}
	}
	return "", false
}

// lists says whether a field of that name lists the word.
func (q *request) lists(name, word string) bool {
	for _, f := range q.fields {
		if !strings.EqualFold(f.name, name) {
			continue
		}
		for w := range strings.SplitSeq(f.value, ",") {
			if strings.EqualFold(strings.TrimSpace(w), word) {
				return true
			}
		}
	}
	return false
}

// keeps says whether the client wants to keep the connection.
func (q *request) keeps() bool {
	if q.minor == 0 {
		return q.lists("Connection", "keep-alive")
	}
	return !q.lists("Connection", "close")
}

// part returns the i-th part of the path, decoded, "" when there is none.
func (q *request) part(i int) string {
	if i >= len(q.path) {
		return ""
	}
	s, err := url.PathUnescape(q.path[i])
	if err != nil {
		return q.path[i]
	}
	return s
}

// rest returns the path from its i-th part on, decoded.
func (q *request) rest(i int) string {
	var parts []string
	for ; i < len(q.path); i++ {
		parts = append(parts, q.part(i))
	}
	return strings.Join(parts, "/")
}

// number returns the i-th part of the path as a number, which defaults to def.
func (q *request) number(i int, def int64) int64 {
	n, err := strconv.ParseInt(q.part(i), 10, 64)
	if err != nil || n < 0 {
		return def
	}
	return n
}

// body returns a reader of the request's body and its length, -1 when that is not known.
func (q *request) body(r *bufio.Reader) (io.Reader, int64, error) {
	if q.lists("Transfer-Encoding", "chunked") {
		return io.MultiReader(httputil.NewChunkedReader(r), &trailer{r}), -1, nil
	}
	value, ok := q.field("Content-Length")
	if !ok {
		return strings.NewReader(""), 0, nil
	}
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: Content-Length %q", errHead, value)
	}
	return &exactly{r, int64(n)}, int64(n), nil
}

// trailer swallows what follows the last chunk: fields and a blank line.
type trailer struct{ r *bufio.Reader }

func (t *trailer) Read([]byte) (int, error) {
	for {
		line, err := t.r.ReadString('\n')
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return 0, io.EOF
		}
	}
}

// exactly reads n bytes and takes an earlier end for an error.
type exactly struct {
	r io.Reader
	n int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.n)])
	e.n -= int64(n)
	if err == io.EOF && e.n > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
