// Package control is how the master and its children talk: messages, with file descriptors, over one SOCK_SEQPACKET
// socket pair for each child.
//
//	child                                     master
//	  Hello ------------------------------->
//	        <------------------------------- Start + configuration, counters, board, wake, log targets
//	        <------------------------------- Listeners + shards, until Last
//	  Ready ------------------------------->
//	        <------------------------------- PeerGeneration + counters, for each other generation; GenerationEnded when that has ended
//	        <------------------------------- Activate
//	        <------------------------------- Pause
//	  Paused ------------------------------>  the queues of its listening sockets are empty
//	        <------------------------------- Resume, Lend + shards, Return, Drain, Retire, Stop
//	        <------------------------------- Child: to the monitor, about each of the others, when it changes
//	        <------------------------------- Faults + memory of workers: to the monitor, for each generation; GenerationEnded when that has ended
//	        <------------------------------- Ping
//	  Pong  ------------------------------->
//	  Profile ----------------------------->  from the monitor, with the descriptor for what a worker is to write there
//	        <------------------------------- Profile: to that worker
//	  Reopen ------------------------------>
//	        <------------------------------- Logs + log targets
//	  Again ------------------------------->  the descriptors of a message found no room: it is wanted once more
//	  Report ------------------------------>  from a worker: what the operator must know
//	  Bye   ------------------------------->  the last one, before the child leaves by itself
//
// Every message means the same when it comes twice.
package control

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"lbmaster/shared/privileges"
)

// Version is the version of the messages. Both sides must speak the same.
const Version = 2

const (
	MaxMessage = 64 << 10 // bytes of an encoded message
	maxReason  = 8 << 10  // bytes of a Reason: JSON makes up to six of one
	MaxFDs     = 200      // descriptors with one message; the kernel's limit is 253 (unix(7), SCM_RIGHTS)
)

// MaxLent is how many shards go with one Lend: who borrows has set so many descriptors aside.
const MaxLent = 16

// Kind says what a message is about.
type Kind string

const (
	Hello           Kind = "hello"     // Pid
	Start           Kind = "start"     // Generation, Slot, Workers, Identity, Pid of the master, Since when the instance runs; descriptors in the order of the StartFDs
	Listeners       Kind = "listeners" // Shards, Last; a descriptor for each shard
	Ready           Kind = "ready"
	Activate        Kind = "activate"
	Pause           Kind = "pause"
	Paused          Kind = "paused"
	Resume          Kind = "resume"
	Drain           Kind = "drain"  // Places, Exact; with Places, the descriptor of a channel for connections; see Pack
	Predecessor     Kind = "heir"   // Generation and Slot of a worker that drains; the descriptor of the other end of such a channel
	PeerGeneration  Kind = "kin"    // Generation; the counters (shared/stats) of another one, whose sessions count too
	GenerationEnded Kind = "bury"   // Generation: it has ended
	Lend            Kind = "lend"   // Slot, Shards; a descriptor for each shard of that slot
	Return          Kind = "return" // Slot
	Retire          Kind = "retire" // to the monitor: the next generation's serves
	Stop            Kind = "stop"
	Report          Kind = "report" // Reason
	Bye             Kind = "bye"    // Reason
	Child           Kind = "child"  // Generation, Slot, Pid, State, Since, Restarts, Sessions
	Ping            Kind = "ping"
	Pong            Kind = "pong"
	Reopen          Kind = "reopen"  // log targets of the child are gone
	Logs            Kind = "logs"    // a descriptor for each log target that is a socket
	Again           Kind = "again"   // Asked: the Kind of what is to be said once more, its Slot, Generation and Shards as they were
	Profile         Kind = "profile" // Slot, Profile, Seconds; the descriptor of a pipe
	Faults          Kind = "faults"  // Generation, Slot; descriptors to read the faults (shared/faults) of the worker of that slot, and of those behind it
)

// The descriptors that come with Start. Those of a worker go on with StartFaults. Behind them come the log targets that are sockets, in
// the order of conf.Config.LogTargets.
const (
	StartConfig   = iota // sealed memory file: conf.Snapshot
	StartCounters        // shared/stats
	StartBoard           // shared/status
	StartWake            // eventfd that all workers share
	StartFDs

	StartFaults    = StartFDs // the worker's own shared/faults
	StartWorkerFDs = StartFDs + 1
)

var kinds = map[Kind]bool{
	Hello: true, Start: true, Listeners: true, Ready: true, Activate: true, Pause: true, Paused: true,
	Resume: true, Drain: true, Lend: true, Return: true, Stop: true, Bye: true, Child: true, Ping: true, Pong: true,
	Reopen: true, Logs: true, Predecessor: true, Retire: true, PeerGeneration: true, GenerationEnded: true, Profile: true, Report: true,
	Again: true, Faults: true,
}

// Message is one message. Fields that its kind has no use for are zero.
type Message struct {
	Version  int
	Kind     Kind
	Pid      int                  `json:",omitempty"`
	Slot     int                  `json:",omitempty"`
	Workers  int                  `json:",omitempty"`
	Identity *privileges.Identity `json:",omitempty"` // what the child must be before it is ready
	Shards   []Shard              `json:",omitempty"`
	Last     bool                 `json:",omitempty"`
	Reason   string               `json:",omitempty"`
	State    string               `json:",omitempty"` // of a child, in words
	Since    int64                `json:",omitempty"` // ms since 1970
	Restarts uint64               `json:",omitempty"` // processes of the slot that have died
	Sessions int64                `json:",omitempty"`
	Program  string               `json:",omitempty"` // version that a child runs
	Profile  string               `json:",omitempty"` // name of a runtime/pprof.Profile, or CPUProfile
	Seconds  int                  `json:",omitempty"` // for how long

	Generation int  `json:",omitempty"`
	Asked      Kind `json:",omitempty"`

	// Places says for each frontend and each of its binds which Place the next generation has for it.
	Places [][]Place `json:"Heirs,omitempty"`

	// Exact says which Place it has for those connections of a bind without a Place whose clients came to one of these addresses:
	// it has them by themselves, where this generation has all of their family.
	Exact map[netip.AddrPort]Place `json:",omitempty"`
}

// Shard names a listening socket: that of one bind, for one worker slot. The numbers are places in the configuration.
type Shard struct {
	Frontend int
	Bind     int
}

// CPUProfile is the Profile of where processor time goes.
const CPUProfile = "profile"

// The listening sockets of the monitor are shards of no frontend. Their Bind says which it is.
const (
	AdminFrontend = -1

	AdminSocket = 0
	AdminListen = 1
)

// MonitorSlot is the Slot of a Child that is about the monitor itself.
const MonitorSlot = -1

// Place is a bind of a frontend, as one number: it keeps long lists of them short.
type Place int

// NoPlace stands for a bind that is not there.
const NoPlace Place = -1

const placeBits = 16

// PlaceOf is the place of a shard.
func PlaceOf(s Shard) Place { return Place(s.Frontend<<placeBits | s.Bind) }

// Shard is the inverse of PlaceOf. It means nothing for NoPlace.
func (p Place) Shard() Shard {
	return Shard{Frontend: int(p >> placeBits), Bind: int(p) & (1<<placeBits - 1)}
}

// VersionError is a message of another version.
type VersionError struct{ Got int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("%v: it is of version %d, this program speaks version %d", ErrNotUnderstood, e.Got, Version)
}

func (e *VersionError) Unwrap() error { return ErrNotUnderstood }

// KindError is a message of an unknown kind.
type KindError struct{ Kind Kind }

func (e *KindError) Error() string {
	return fmt.Sprintf("%v: it is of the unknown kind %.40q", ErrNotUnderstood, string(e.Kind))
}

func (e *KindError) Unwrap() error { return ErrNotUnderstood }

// Encode is the message as it is sent. It sets the version, and cuts a Reason that is too long.
func Encode(m Message) ([]byte, error) {
	m.Version = Version
	m.Reason = m.Reason[:min(len(m.Reason), maxReason)]
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("control message %s: %w", m.Kind, err)
	}
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("control message %s: %d bytes, at most %d are possible", m.Kind, len(b), MaxMessage)
	}
	return b, nil
}

// Decode is the inverse of Encode. It passes over fields that it does not know: those of a later program.
func Decode(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return Message{}, fmt.Errorf("%w: %d bytes, at most %d are possible", ErrNotUnderstood, len(b), MaxMessage)
	}
	var v struct{ Version int }
	if err := json.Unmarshal(b, &v); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrNotUnderstood, err)
	}
	if v.Version != Version {
		return Message{}, &VersionError{v.Version}
	}
	var m Message
	if err := json.Unmarshal(b, &m); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrNotUnderstood, err)
	}
	if !kinds[m.Kind] {
		return Message{}, &KindError{m.Kind}
	}
	return m, nil
}
