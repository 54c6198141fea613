//go:build linux

package tests

import (
	"bytes"
	"fmt"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// message is an HTTP/1 message as somebody has received it, or as much of it as has come.
type message struct {
	start    string // request or status line
	status   int    // of a response
	fields   []string
	framing  string // "", "length", "chunked", "until close" or "tunnel"
	length   int    // with "length"
	body     []byte // decoded
	trailers []string
	extended bool // a chunk had an extension
	fault    string
	complete bool
}

// Fields that concern a connection or the framing; tests name others with X.
var toldFields = strings.Fields("Connection Keep-Alive Proxy-Connection Te Trailer Transfer-Encoding Content-Length Upgrade Expect")

// splitMessages takes apart what somebody has received. methods are those of the requests that responses answer; nil: it is
// requests. ended tells that nothing more comes.
func splitMessages(in []byte, methods []string, ended bool) (all []*message, rest []byte) {
	for len(in) > 0 {
		m, n := readHead(in)
		if m == nil {
			break
		}
		m.frame(methods)
		n += m.readBody(in[n:], ended)
		all, in = append(all, m), in[n:]
		if m.final() && len(methods) > 1 {
			methods = methods[1:]
		}
		if !m.complete || m.framing == "tunnel" {
			break
		}
	}
	return all, in
}

// readHead reads a head; nil if it has no end. Bare LF ends a line too, which is told as a fault: nobody should pass it on.
func readHead(in []byte) (m *message, n int) {
	m = new(message)
	for {
		i := bytes.IndexByte(in[n:], '\n')
		if i < 0 {
			return nil, 0
		}
		line, crlf := strings.CutSuffix(string(in[n:n+i]), "\r")
		n += i + 1
		switch {
		case line == "" && m.start == "":
			m.fault = "after an empty line"
			continue
		case line == "":
			return m, n
		case !crlf:
			m.fault = "with bare LF"
		}
		if m.start == "" {
			m.start = line
		} else {
			m.fields = append(m.fields, line)
		}
	}
}

// values are those of a field.
func (m *message) values(name string) (all []string) {
	for _, f := range m.fields {
		if n, value, _ := strings.Cut(f, ":"); strings.EqualFold(n, name) {
			all = append(all, strings.TrimSpace(value))
		}
	}
	return all
}

func (m *message) has(name, value string) bool {
	return strings.Contains(strings.ToLower(strings.Join(m.values(name), ",")), value)
}

// frame finds out how the body is framed, RFC 9112 section 6.3.
func (m *message) frame(methods []string) {
	method, _, _ := strings.Cut(m.start, " ")
	response := methods != nil
	if response {
		_, status, _ := strings.Cut(m.start, " ")
		m.status, _ = strconv.Atoi(strings.TrimLeft(status, " ")[:min(3, len(strings.TrimLeft(status, " ")))])
		method = methods[0]
	}
	lengths := m.values("Content-Length")
	switch {
	case m.status == 101, method == "CONNECT" && (!response || m.status/100 == 2):
		m.framing = "tunnel"
	case response && (m.status/100 == 1 || m.status == 204 || m.status == 304 || method == "HEAD"):
	case m.has("Transfer-Encoding", "chunked"):
		m.framing = "chunked"
	case len(lengths) > 0:
		m.framing = "length"
		m.length, _ = strconv.Atoi(lengths[0])
	case response:
		m.framing = "until close"
	}
}

// final tells whether a response is the last one to its request.
func (m *message) final() bool { return m.status >= 200 || m.status == 101 }

// readBody reads as much of the body as is there.
func (m *message) readBody(in []byte, ended bool) int {
	switch m.framing {
	case "length":
		n := min(m.length, len(in))
		m.body, m.complete = in[:n], n == m.length
		return n
	case "chunked":
		return m.readChunks(in)
	case "until close", "tunnel":
		m.body, m.complete = in, ended || m.framing == "tunnel"
		return len(in)
	}
	m.complete = true
	return 0
}

func (m *message) readChunks(in []byte) int {
	at := 0
	next := func() (string, bool) {
		i := bytes.Index(in[at:], []byte("\r\n"))
		if i < 0 {
			return "", false
		}
		line := string(in[at : at+i])
		at += i + 2
		return line, true
	}
	for {
		line, ok := next()
		if !ok {
			return len(in) // what has come of a line does not matter
		}
		digits, _, extended := strings.Cut(line, ";")
		size, err := strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 31)
		m.extended = m.extended || extended
		if strings.HasSuffix(digits, " ") {
			m.fault = "with a blank behind a size" // to be understood, but not to be sent: RFC 9112 section 7.1.1
		}
		if err != nil {
			m.fault = fmt.Sprintf("with a chunk %q", line)
			return at
		}
		if size == 0 {
			break
		}
		n := min(int(size), len(in)-at)
		m.body = append(m.body, in[at:at+n]...)
		at += n
		if end, ok := next(); !ok {
			return at
		} else if end != "" {
			m.fault = fmt.Sprintf("with %q behind a chunk", end)
			return at
		}
	}
	for {
		line, ok := next()
		if !ok {
			return len(in)
		}
		if line == "" {
			m.complete = true
			return at
		}
		m.trailers = append(m.trailers, line)
	}
}

// String tells what a row says of a message.
func (m *message) String() string {
	var b strings.Builder
	page := bytes.HasPrefix(m.body, []byte("<html>"))
	if page { // the words of a page of the proxy's own are its own
		b.WriteString(strings.Join(strings.Fields(m.start)[:2], " "))
	} else {
		b.WriteString(m.start)
	}
	if told := m.told(); len(told) > 0 {
		fmt.Fprintf(&b, " [%s]", strings.Join(told, "; "))
	}
	switch {
	case page && m.complete:
		b.WriteString(", page")
	case m.framing == "tunnel" && len(m.body) == 0, m.framing == "":
	default:
		fmt.Fprintf(&b, ", %s %s", m.framing, quoteBody(m.body))
	}
	if m.extended {
		b.WriteString(" with extensions")
	}
	if len(m.trailers) > 0 {
		fmt.Fprintf(&b, " trailer [%s]", strings.Join(m.named(m.trailers), "; "))
	}
	if m.fault != "" {
		b.WriteString(" " + m.fault)
	}
	if !m.complete {
		b.WriteString(" cut")
	}
	return b.String()
}

// writeName writes the name of a field in the usual way, also one that should not be.
func writeName(name string) string {
	name = textproto.CanonicalMIMEHeaderKey(strings.ToLower(name))
	return strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
}

// named are fields without the way in which their names are written.
func (m *message) named(fields []string) (all []string) {
	for _, f := range fields {
		name, value, colon := strings.Cut(f, ":")
		if colon {
			f = writeName(name) + ": " + strings.TrimSpace(value)
		}
		all = append(all, f)
	}
	return all
}

// told are the fields that are shown, but for one that frames the body.
func (m *message) told() (all []string) {
	framed := map[string]string{"length": "Content-Length", "chunked": "Transfer-Encoding"}[m.framing]
	for _, f := range m.fields {
		name, value, _ := strings.Cut(f, ":")
		name, value = writeName(name), strings.TrimSpace(value)
		if name == "Connection" {
			value = strings.ToLower(value)
		}
		switch {
		case name == framed && (name == "Content-Length" || strings.EqualFold(value, "chunked")):
			framed = ""
		case name == "Connection" && value == "close" && strings.Contains(m.start, "HTTP/1.0"): // what holds anyway
		case len(value) > 40:
			all = append(all, name+": "+fmt.Sprintf("%d bytes", len(value)))
		case slices.Contains(toldFields, name), strings.HasPrefix(name, "X"), strings.HasPrefix(name, "Cookie"), strings.HasPrefix(name, "Set-Cookie"):
			if quoted := strconv.QuoteToASCII(value); quoted != `"`+value+`"` {
				value = quoted
			}
			all = append(all, name+": "+value)
		}
	}
	slices.Sort(all)
	return all
}

func quoteBody(body []byte) string {
	switch {
	case len(body) <= 48:
		return strconv.QuoteToASCII(string(body))
	case bytes.Equal(body, tablePattern(len(body))):
		return fmt.Sprintf("%d bytes", len(body))
	}
	return fmt.Sprintf("%d bytes that are not those that were sent", len(body))
}
