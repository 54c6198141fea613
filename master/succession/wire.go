package succession

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lbmaster/shared/control"
)

// State is what a master tells the next one, as JSON in a sealed memory file. The descriptors that belong to it are handed over by the
// names that the functions below make.
type State struct {
	Version     int
	Control     int // version of the messages that its children speak
	Listeners   []Listener
	Generations []Generation // the oldest first; the last one is the sender's own
	Older       []string     `json:",omitempty"` // sockets of generations before the sender's that still listen, as /proc/PID/fd shows them
}

// Version is the version of the hand-over. A master takes over from one that speaks the same.
const Version = 1

// Listener is the sockets of one address.
type Listener struct {
	Address string // as the configuration has it
	Shards  int
	One     bool     // one socket for all workers
	Path    string   // of a unix socket
	Inode   uint64   // of a unix socket's path
	Sockets []string `json:",omitempty"` // as /proc/PID/fd shows them
}

// Generation is one generation whose workers live.
type Generation struct {
	Number    int
	Program   string     // version of the program
	Addresses [][]string // of each frontend, of each of its binds
	Workers   []Worker
	Faults    int `json:",omitempty"` // worker slots whose memory for faults is handed over
}

// Worker is one worker, or the monitor.
type Worker struct {
	Slot, Pid int
}

// Names of what is handed over, besides those that a State lists.
const (
	stateName  = "state"
	wordsName  = "words"
	permitName = "permit"
)

// ShardName is the name of a listening socket.
func ShardName(address string, shard int) string { return fmt.Sprintf("shard/%s/%d", address, shard) }

// CountersName is the name of the counters of a generation.
func CountersName(generation int) string { return fmt.Sprintf("counters/%d", generation) }

// BoardName is the name of the server status board of a generation.
func BoardName(generation int) string { return fmt.Sprintf("board/%d", generation) }

// ControlName is the name of the control channel of a child.
func ControlName(generation, slot int) string { return fmt.Sprintf("control/%d/%d", generation, slot) }

// FaultsName is the name of the memory in which a worker shows its faults.
func FaultsName(generation, slot int) string { return fmt.Sprintf("faults/%d/%d", generation, slot) }

// PidfdName is the name of the pidfd of a child.
func PidfdName(generation, slot int) string { return fmt.Sprintf("pidfd/%d/%d", generation, slot) }

// encode is the text of a state. It sets the versions.
func (s State) encode() ([]byte, error) {
	s.Version, s.Control = Version, control.Version
	return json.Marshal(s)
}

// parse reads a state. The versions come first: of another one nothing else can be relied on.
func parse(text []byte) (*State, error) {
	var version struct{ Version, Control int }
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, unreadable(err)
	}
	if version.Version != Version || version.Control != control.Version {
		return nil, fmt.Errorf("the old master hands over in version %d.%d, this program takes %d.%d: stop it and start this one instead",
			version.Version, version.Control, Version, control.Version)
	}
	s := &State{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, unreadable(err)
	}
	if len(s.Generations) == 0 {
		return nil, unreadable(errors.New("there is no generation"))
	}
	return s, nil
}

func unreadable(err error) error {
	return fmt.Errorf("what the old master has handed over cannot be read: %w", err)
}

// takenOver stands before the process id of a new master that has taken over. Other words are why it has not.
const takenOver = "pid "

// answer is what a new master says when it has taken over.
func answer(pid int) string { return takenOver + strconv.Itoa(pid) + "\n" }

// parseAnswer is the inverse of answer.
func parseAnswer(said string) (pid int, err error) {
	return strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(said), takenOver))
}
