// Package conf turns the text of a configuration file into inert values.
//
// It is pure: it opens no socket, reads no clock and resolves no name. What it returns has been checked as a
// whole, so that the processes which use it need not check again.
package conf

import (
	"net/netip"
	"time"

	"lbmaster/conf/address"
	"lbmaster/conf/page"
)

// Config is one checked configuration. Sections and servers keep the order in which they are written.
type Config struct {
	Global    Global
	Admin     Admin
	Frontends []Frontend
	Backends  []Backend
}

// Global holds what concerns the instance as a whole.
type Global struct {
	Workers        int // number of worker processes; 0: one per CPU
	User           string
	Group          string
	Chroot         string
	Maxconn        int // client connections of the whole instance, all workers together
	UlimitN        int // 0: computed from Maxconn
	Pidfile        string
	Daemon         bool
	Quiet          bool
	Log            []LogTarget
	LogTag         string        `json:",omitempty"` // the name in lines to log daemons; "": see Config.LogTag
	LogHost        string        `json:",omitempty"` // the name of the host there, OwnHost or ""; "": none
	HardStopAfter  time.Duration // 0: never
	OrphanTime     time.Duration // how long workers serve on when the master has died; 0: until they are replaced
	UpgradeTimeout time.Duration
	MaxGenerations int
	CPUAffinity    bool
}

// Admin says where the runtime interfaces listen. Empty: nowhere.
type Admin struct {
	Socket string         // path of a unix socket
	Mode   uint32         `json:",omitempty"` // who may use it, as chmod(1) has it; 0: 0600
	User   string         `json:",omitempty"` // whose it is; "": the one who has started lbmaster
	Group  string         `json:",omitempty"`
	Listen netip.AddrPort // of /metrics; not valid: nowhere
	Hosts  []string       `json:",omitempty"` // names by which Listen is asked for, in lower case
	Public bool           // Listen may be an address that others can reach
	Pprof  bool           // profiles of our processes too are there
}

// Mode is what a proxy does with its connections.
type Mode uint8

const (
	ModeTCP    Mode = iota // relays bytes
	ModeHTTP               // analyses every request
	ModeHealth             // answers by itself and closes
)

// Frontend is the client side of a proxy. A listen section yields a Frontend and a Backend of the same name.
type Frontend struct {
	Name        string
	Section     string // as written: "listen.webfarm" or "frontend.www"
	Line        int    // of the section's header, in one of the files
	Mode        Mode
	Binds       []Bind
	Backend     string // name of the backend that serves it; "": none (mode health)
	Maxconn     int    // 0: Global.Maxconn; see MaxconnOf
	MaxHeader   int    `json:",omitempty"` // bytes of a head; 0: see HeaderLimit
	MonitorNet  []netip.Prefix
	Grace       time.Duration
	HTTPClose   bool
	ForwardFor  bool
	Forward     Forward `json:",omitzero"`
	KeepAlive   bool    `json:",omitempty"` // the kernel looks whether silent clients are there (SO_KEEPALIVE)
	NoLinger    bool    `json:",omitempty"` // connections to clients end by reset
	HealthHTTP  bool    // mode health answers like an HTTP server
	DontLogNull bool
	DeferAccept bool        // a connection is accepted when its client has sent something
	FreeBind    bool        // the addresses of Binds need not be there yet
	Log         []LogTarget // nil: Global.Log
	LogTag      string      `json:",omitempty"` // "": that of Global
	LogASAP     bool        `json:",omitempty"` // a line is written when the response begins, or when the server has been reached
	LogFormat   string      // "httplog", "tcplog" or "": the guide's short line
	Capture     Captures
	Timeout     ClientTimeout
	Errorfile   map[int]Errorfile // by status code
}

// Captures is what httplog shows of a stream besides its fixed fields.
type Captures struct {
	Cookie          *Capture  // nil: none
	RequestHeaders  []Capture // in the order in which they are logged
	ResponseHeaders []Capture
}

// Capture is one cookie or header field that is logged.
type Capture struct {
	Name string // of a header, case-insensitive; of a cookie, how its name begins, or its whole name with "=" behind
	Len  int    // bytes that are logged at most; of a cookie, of "NAME=value"
}

// Errorfile is a page that stands instead of one of the proxy's own.
type Errorfile = page.File

// ClientTimeout bounds the waits on the client side. 0: none.
type ClientTimeout struct {
	Client        time.Duration // inactivity
	HTTPRequest   time.Duration // a whole request head; 0: Client applies
	HTTPKeepAlive time.Duration // between two requests; 0: HTTPRequest applies, else Client
	ClientFin     time.Duration `json:",omitempty"` // inactivity of what is relayed, when only the client has not ended its side; 0: as before
}

// Where sections listen, where servers are and where log lines go, as package address reads it.
type (
	Bind      = address.Bind
	Address   = address.Server
	Source    = address.Source
	LogTarget = address.Log
)

// Backend is a group of servers.
type Backend struct {
	Name       string
	Section    string // as written: "listen.webfarm" or "backend.www"
	Line       int
	Mode       Mode
	Balance    string   // "roundrobin" or "": Dispatch is used
	Dispatch   *Address // a fixed target instead of balance and servers
	Cookie     *Cookie
	HTTPChk    *HTTPChk // nil: checks are TCP connects
	LogChecks  bool     `json:",omitempty"` // changes of what checks say are logged, not of states alone
	HTTPClose  bool
	ForwardFor bool
	Forward    Forward `json:",omitzero"`
	KeepAlive  bool    `json:",omitempty"` // the kernel looks whether silent servers are there (SO_KEEPALIVE)
	NoLinger   bool    `json:",omitempty"` // connections to servers end by reset
	// AbortOnClose gives a request up whose client ends its side before the response begins.
	AbortOnClose bool `json:",omitempty"`
	Persist      bool
	Redispatch   bool
	AllBackups   bool
	// AcceptInvalidResponses takes responses that break the rules of HTTP, but can be read in one way only.
	AcceptInvalidResponses bool
	Retries                int
	Source                 *Source // default for the servers
	Timeout                ServerTimeout
	Errorfile              map[int]Errorfile
	Servers                []Server
}

// ServerTimeout bounds the waits on the server side. 0: none.
type ServerTimeout struct {
	Connect   time.Duration
	Server    time.Duration // inactivity
	Check     time.Duration // 0: the server's Inter applies
	Tunnel    time.Duration `json:",omitempty"` // inactivity of what is relayed; 0: the shorter of those of client and server
	ServerFin time.Duration `json:",omitempty"` // inactivity of what is relayed, when only the server has not ended its side; 0: as before
}

// CookieMode is how persistence cookies come to be.
type CookieMode uint8

const (
	CookiePlain   CookieMode = iota // the application sets it, the proxy reads it
	CookieRewrite                   // the proxy replaces the value that the server set
	CookieInsert                    // the proxy sets it
	CookiePrefix                    // the proxy puts the server's name before the value
)

// Cookie is the persistence of a backend.
type Cookie struct {
	Name     string
	Mode     CookieMode
	Indirect bool
	NoCache  bool
	PostOnly bool
}

// HTTPChk is the request of an HTTP health check.
type HTTPChk struct {
	Method  string // default OPTIONS
	URI     string // default /
	Version string // default HTTP/1.0
}

// Server is one server of a backend.
type Server struct {
	Name      string
	Line      int
	Address   Address
	Cookie    string // persistence value; "": none
	Check     bool
	CheckPort int // 0: the server's port
	Inter     time.Duration
	FastInter time.Duration `json:",omitempty"` // between two checks while the server is about to change its state; 0: Inter
	DownInter time.Duration `json:",omitempty"` // while it is down; 0: Inter
	Rise      int
	Fall      int
	Backup    bool
	Disabled  bool   `json:",omitempty"` // begins in maintenance
	Track     string `json:",omitempty"` // "backend/server": whose state it has; "": none
	OnDown    OnDown `json:",omitempty"`
	Weight    int    // 0..256; 0 takes no balanced request
	Source    *Source
}

// OnDown is what becomes of the sessions of a server that is marked down, or put into maintenance.
type OnDown uint8

const (
	OnDownNothing  OnDown = iota // they go on until they fail
	OnDownShutdown               // they end
)
