// Package page makes answers for clients of the files that errorfile names. It is pure: how a file is read is given to it.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lbmaster/conf/valid"
)

// maxPage is the size in bytes of a page, head included: it must fit into one buffer of a worker.
const maxPage = 14 << 10

// parse turns the text of an errorfile, a whole HTTP response with line ends of either kind, into what a client gets. The
// connection ends after it, and its length is known: both are said whether the file says so or not.
func parse(text []byte) ([]byte, error) {
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
