// Package syslog makes the datagrams of RFC 3164, as local programs send them: without the host's name, unless that is asked for.
package syslog

import (
	"fmt"
	"os"
	"strings"
	"time"

	"lbmaster/shared/severity"
)

// MaxHeader is the length in bytes that no header exceeds.
const MaxHeader = 144

// The longest names: of a program (RFC 3164 section 4.1.3), and of a host (gethostname(2)).
const (
	maxName = 32
	maxHost = 64
)

// Source is who sends, as headers tell.
type Source struct {
	Host string // "": headers do not tell
	Name string // of the program: up to 32 printable characters, none of them a blank, a colon or a bracket
	Pid  int
}

// Here is this process, under a name. Host is told as the name of the machine, "*" as the machine's own, "" not at all.
func Here(host, name string) Source {
	if host == "*" {
		host, _ = os.Hostname() // without one, headers do not tell
	}
	return Source{host, name, os.Getpid()}
}

// Header writes what stands before the text of every datagram to a target: <134>Nov  4 21:56:23 lbmaster[2079]: with one
// blank behind, and the host's name before the program's if it is told. It keeps the text of the last second that it was asked for (BenchmarkHeader). It is not safe for
// concurrent use.
type Header struct {
	location   *time.Location
	begin, end string
	second     int64 // ms since 1970: when the second began that text tells
	text       []byte
}

// NewHeader returns the header of messages of that level. Times are those of the location, which must not be nil.
func NewHeader(facility, level string, from Source, location *time.Location) (*Header, error) {
	f, ok := severity.Facility(facility)
	if !ok {
		return nil, fmt.Errorf("syslog: %q is not a facility", facility)
	}
	s, ok := severity.Level(level)
	if !ok {
		return nil, fmt.Errorf("syslog: %q is not a level", level)
	}
	if from.Name == "" || len(from.Name) > maxName || strings.ContainsFunc(from.Name, notInName) {
		return nil, fmt.Errorf("syslog: %q cannot be the name of a program", from.Name)
	}
	host := ""
	if from.Host != "" {
		host = " " + strings.Map(inHost, from.Host[:min(len(from.Host), maxHost)])
	}
	h := &Header{
		location: location,
		begin:    fmt.Sprintf("<%d>", 8*f+s),
		end:      fmt.Sprintf("%s %s[%d]: ", host, from.Name, from.Pid),
		text:     make([]byte, 0, MaxHeader),
	}
	h.set(0)
	return h, nil
}

func notInName(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(":[]", c) }

// inHost replaces what would make a reader take a host's name for something else.
func inHost(c rune) rune {
	if c <= ' ' || c > '~' {
		return '?'
	}
	return c
}

// Append appends the header of a message of that time, given in ms since 1970. It allocates nothing, except for a dst
// that is too small.
func (h *Header) Append(dst []byte, ms int64) []byte {
	if uint64(ms-h.second) >= 1000 { // in another second, before or after
		h.set(ms)
	}
	return append(dst, h.text...)
}

// set makes text that of the second of ms. The day of the month is padded with a blank (RFC 3164 section 4.1.2).
func (h *Header) set(ms int64) {
	t := time.UnixMilli(ms).In(h.location)
	h.second = ms - int64(t.Nanosecond())/int64(time.Millisecond)
	h.text = append(h.text[:0], h.begin...)
	h.text = t.AppendFormat(h.text, time.Stamp)
	h.text = append(h.text, h.end...)
}
