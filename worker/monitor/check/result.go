// Package check is what a health check says and hears: the bytes of its request, and what is read out of the response. It
// is pure; the sockets are the monitor's.
package check

import "fmt"

// Result is what came of a health check. The numbers are kept on the status board.
type Result uint8

const (
	None           Result = iota // there was no check yet
	Connected                    // a connection was made, and nothing more was wanted
	ConnectTimeout               // no connection in time
	ConnectFailed                // no connection
	Passed                       // the response was good
	ReplyTimeout                 // no response in time
	Invalid                      // what came is no response
	WrongStatus                  // the response says that something is wrong
	LocalError                   // the check could not be made here
)

// result is how a Result is known outside: by the names, numbers and words that HAProxy's users know.
type result struct {
	name   string // in show stat
	number int    // in show servers state
	text   string // in the log
}

var results = [...]result{
	None:           {"INI", 1, "Initializing"},
	Connected:      {"L4OK", 6, "Layer4 check passed"},
	ConnectTimeout: {"L4TOUT", 7, "Layer4 timeout"},
	ConnectFailed:  {"L4CON", 8, "Layer4 connection problem"},
	Passed:         {"L7OK", 15, "Layer7 check passed"},
	ReplyTimeout:   {"L7TOUT", 12, "Layer7 timeout"},
	Invalid:        {"L7RSP", 13, "Layer7 invalid response"},
	WrongStatus:    {"L7STS", 17, "Layer7 wrong status"},
	LocalError:     {"SOCKERR", 5, "Socket error"},
}

// known is r, or None when it is a number from elsewhere that means nothing here.
func (r Result) known() Result {
	if int(r) >= len(results) {
		return None
	}
	return r
}

// Good says that the server works.
func (r Result) Good() bool { return r == Connected || r == Passed }

// String is the result's short name, such as L4OK.
func (r Result) String() string { return results[r.known()].name }

// Number is the result's number in the language of the admin socket.
func (r Result) Number() int { return results[r.known()].number }

// Text is the result in words.
func (r Result) Text() string { return results[r.known()].text }

// Layer7 says that the result is about a response, whose status it may have.
func (r Result) Layer7() bool {
	return r == Passed || r == WrongStatus || r == Invalid || r == ReplyTimeout
}

// Outcome is all that one check told.
type Outcome struct {
	Result Result
	Code   int    // status of the response; 0: none
	Info   string // more about what went wrong, for people
	Took   int64  // ms
}

// Reason is the outcome as a log line gives it.
func (o Outcome) Reason() string {
	s := "reason: " + o.Result.Text()
	if o.Code > 0 {
		s += fmt.Sprintf(", code: %d", o.Code)
	}
	if o.Info != "" {
		s += fmt.Sprintf(", info: %q", o.Info)
	}
	return s + fmt.Sprintf(", check duration: %dms", o.Took)
}
