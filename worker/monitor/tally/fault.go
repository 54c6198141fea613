package tally

import "time"

// Faults is what the workers have shown of bad messages.
type Faults struct {
	Events uint64 // how many there were, those among them of which nothing is left
	Last   []Fault
	Unread map[Place]string // whose faults could not be read, or not all, and why
}

// Place is a worker.
type Place struct{ Generation, Slot int }

// Fault is the last bad request of a frontend, or the last bad response of a backend. All of it comes from a worker, which may have
// made it up: names need not exist, and texts may have any bytes.
type Fault struct {
	From     Place
	When     time.Time
	Response bool
	Cut      bool // the response had begun, and was cut
	Status   int
	Client   string
	Frontend string
	Backend  string // "": none was chosen
	Server   string // "": none was chosen
	Text     string // what is wrong
	At       int64  // where in the message the byte stands that makes it; below 0: nowhere in particular
	Seen     int64  // bytes of the message that had come
	First    int64  // where in the message Bytes begins
	Bytes    []byte
}
