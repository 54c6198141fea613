// Package tally is what the runtime interfaces tell of an instance: its state and its numbers at one moment, over all
// workers, as plain values. The monitor fills it in; what renders it needs to know nothing else.
package tally

import "time"

// Instance is everything.
type Instance struct {
	Process     Process
	Rows        []Row // by proxy, in the order of the configuration: its frontend, its servers, its backend
	Workers     []Worker
	Generations []Generation
	Failure     string  // why the last generation that was tried did not come up; "": none has failed
	Faults      *Faults // of show errors only
}

// Process is the instance as a whole.
type Process struct {
	Version   string
	Node      string // name of the machine
	Pid       int    // of the master
	Started   time.Time
	Now       time.Time
	Workers   int // slots
	Stopping  bool
	Orphaned  bool          // the master has died
	Alone     time.Duration // for so long
	Listeners int           // binds
	OpenFiles uint64
	Maxconn   int
	Sessions  int64 // client connections, now
	Counts    Counts
	Rates     Rates
}

// Uptime is how long the instance has run.
func (p *Process) Uptime() time.Duration { return max(0, p.Now.Sub(p.Started)) }

// Kind is what a row is about. The numbers are those of the column "type" of show stat.
type Kind int

const (
	Frontend Kind = iota
	Backend
	Server
)

// Row is a frontend, a backend or a server.
type Row struct {
	Kind     Kind
	Proxy    string
	Server   string // of a Server
	ProxyID  int
	ServerID int  // of a Server, from 1
	HTTP     bool // the mode is http, not tcp
	Status   string
	Counts   Counts // since the instance began; they never go back
	Cleared  Counts // what they were when somebody cleared the counters
	Rates    Rates
	Sessions Sessions
	Averages Averages
	LastUsed int64 // seconds since the last session or request; -1: never

	// Of a Backend or Server.
	Weight     int   // of a Backend: of the servers that are in use
	UserWeight int   // what was asked for
	Active     int   // servers that are no backups: of a Backend those in use, of a Server itself
	Backup     int   // likewise
	Changed    int64 // seconds since the state last changed
	Down       int64 // seconds without service, in all
	Cookie     string
	Tracked    string // of a Server: "backend/server", whose state it has; "": none
	Algorithm  string // of a Backend
	Idle       int64  // idle connections to a Server

	Health *Health // of a Server that is checked
	State  State   // of a Server
}

// Sessions is how many sessions there are.
type Sessions struct {
	Now, Max int64
	Limit    int64 // 0: none
}

// Rates are events a second, in the last second and at most.
type Rates struct{ Sessions, SessionsMax, Requests, RequestsMax uint64 }

// Averages are times of the last requests, in ms.
type Averages struct{ Connect, Response, Total uint64 }

// Health is what the checks of a server tell.
type Health struct {
	Result     string // short name
	Text       string // in words
	Number     int    // in show servers state
	Checked    bool   // there was a check
	Good       bool   // and it was good
	Layer7     bool   // and it was about a response
	Code       int    // status of that; 0: none
	Info       string
	Took       int64 // ms
	Rise, Fall int
	Count      int
}

// State is a server's state in more detail than its status.
type State struct {
	Op            Op
	Admin         Admin
	Inherited     bool   // Admin is that of the server which is tracked
	Disabled      bool   // in the configuration
	Count         int    // of checks, as health has it; also of one that is not checked
	Address       string // without the port
	Port          int
	Path          string // of a unix socket, instead of both
	InitialWeight int
	IsBackup      bool
}

// Op is what is observed of a server, or what an operator says instead.
type Op int

const (
	Down Op = iota
	Up
	Stopping // works, but not for new clients
)

// String is the word for it in the language of the admin socket.
func (o Op) String() string { return [...]string{"down", "up", "stopping"}[o] }

// Admin is what the operator wants of a server.
type Admin int

const (
	Ready Admin = iota
	Drain
	Maint
)

// String is the word for it in the language of the admin socket.
func (a Admin) String() string { return [...]string{"ready", "drain", "maint"}[a] }

// Worker is a worker process, or the place for one.
type Worker struct {
	Slot       int
	Pid        int // 0: none
	Generation int
	State      string
	Program    string // its version
	Restarts   uint64
	Since      time.Time     // when the state began
	Sessions   int64         // client connections
	Requests   uint64        // of all processes that this slot has had
	CPU        time.Duration // of this process
	Memory     int64         // bytes that are resident
}

// Generation is a configuration with the processes that serve it.
type Generation struct {
	Number   int
	State    string
	Program  string // its version
	Started  time.Time
	Workers  int
	Sessions int64
}
