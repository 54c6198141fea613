package check

import (
	"bytes"
	"strings"
)

// Request is the bytes of an HTTP check: the request line and nothing else. A server that speaks HTTP/1.1 would keep the
// connection, so that it is told not to.
func Request(method, uri, version string) []byte {
	s := method + " " + uri + " " + version + "\r\n"
	if version == "HTTP/1.1" {
		s += "connection: close\r\n"
	}
	return []byte(s + "\r\n")
}

const (
	protocol = "HTTP/1."
	// codeAt is where the status is in "HTTP/1.1 200 OK".
	codeAt = len("HTTP/1.x ")
	// least is what has to come before anything can be said: the status, and one byte that ends it.
	least = codeAt + 4
	// maxInfo bounds the reason phrase that is kept.
	maxInfo = 80
)

// MaxLine is how much of a response is worth reading: its first line, of which more than that is none.
const MaxLine = 1024

// Response judges what has come of a response. It has not decided while more could change the outcome; with end, nothing
// more will come. A response is good when its status begins with 2 or 3. Neither the other fields nor the body count.
func Response(b []byte, end bool) (o Outcome, decided bool) {
	n := min(len(b), len(protocol))
	if string(b[:n]) != protocol[:n] {
		return Outcome{Result: Invalid}, true
	}
	line, _, whole := bytes.Cut(b, []byte("\n"))
	if !whole && !end && len(b) < MaxLine {
		return Outcome{}, false
	}
	if len(b) < least || !validStatus(b[codeAt-2:least]) {
		return Outcome{Result: Invalid}, true
	}
	o.Code = int(b[codeAt]-'0')*100 + int(b[codeAt+1]-'0')*10 + int(b[codeAt+2]-'0')
	if b[codeAt] == '2' || b[codeAt] == '3' {
		o.Result = Passed
		return o, true
	}
	o.Result, o.Info = WrongStatus, printable(line[min(len(line), least):])
	return o, true
}

// validStatus checks "1 200 ": the minor version, the status and what ends it (RFC 9112 section 4).
func validStatus(b []byte) bool {
	digits := []byte{b[0], b[2], b[3], b[4]}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return b[1] == ' ' && (b[5] == ' ' || b[5] == '\r' || b[5] == '\n')
}

// printable makes a server's words fit for a log line.
func printable(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, string(b[:min(len(b), maxInfo)]))
	return strings.TrimSpace(s)
}
