package syslog

import (
	"time"

	"lbmaster/shared/severity"
)

// Notices are the lines to one target that tell of the program, not of requests: few of them, each of its own level. It is safe for concurrent
// use.
type Notices struct {
	facility string
	limit    string
	from     Source
	location *time.Location
}

// NewNotices returns the notices to a target of that facility, which takes no lines that are less severe than the limit; "": it takes all.
func NewNotices(facility, limit string, from Source, location *time.Location) (Notices, error) {
	_, err := NewHeader(facility, severity.Levels[0], from, location)
	return Notices{facility, limit, from, location}, err
}

// Admits says whether the target takes lines of a level.
func (n Notices) Admits(level string) bool { return severity.Admits(n.limit, level) }

// Datagram is a line of that level, with its end. The time is in ms since 1970. It is nil when the target does not take lines of the level, and
// when there is no such level.
func (n Notices) Datagram(level, text string, ms int64) []byte {
	if !n.Admits(level) {
		return nil
	}
	header, err := NewHeader(n.facility, level, n.from, n.location)
	if err != nil {
		return nil // there is no such level: the rest has been checked
	}
	return append(append(header.Append(nil, ms), text...), '\n')
}
