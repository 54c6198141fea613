// Package logline writes the text of access log lines, in the formats of HAProxy 2.6, so that what reads its logs reads
// ours.
//
// It does no I/O and reads no clock. It allocates nothing, except for a dst that is too small.
package logline

import "strconv"

// MaxLine is the length in bytes that no line exceeds. What makes a line longer is cut: each of its parts at a length of
// its own, then the request line at what is left, which is at least 600 bytes. Braces and quotes are always closed.
const MaxLine = 4096

// MaxRequestLine is how much of a request line is logged, in bytes before escaping. Nobody needs to keep more of it.
const MaxRequestLine = 1023

// The longest that parts of a line become, in bytes after escaping.
const (
	maxName     = 128 // longer ones are no valid names
	maxAddress  = 128
	maxCookie   = 256
	maxCaptures = 1024 // with the braces
)

// Record is what an access log line tells of a stream. It is filled by the caller and holds no memory of its own: what
// its fields refer to must stay as it is until the line has been written.
type Record struct {
	Client   []byte // "127.0.0.1:47920"; HAProxy puts no brackets around an IPv6 address: "::1:47920"
	Date     int64  // ms since 1970: when the request (HTTP) or the connection (TCP) came
	Frontend string
	Backend  string // "": none was chosen; logged is the frontend's name
	Server   string // "": <NOSRV>

	// Durations in ms; -1: the stage was never reached. TCP has no Request and no Response.
	Request, Queue, Connect, Response, Total int64
	Early                                    bool // the stream goes on: "+" before what may grow, Total and Bytes

	Status         int    // -1: none
	Bytes          int64  // to the client
	RequestCookie  []byte // captured "NAME=value"; empty: "-"
	ResponseCookie []byte
	Term           [4]byte // why and how it ended; TCP has the first two. 0: "-"
	Conns          Conns
	Retries        int
	Redispatched   bool // "+" before the retries
	ServerQueue    int
	BackendQueue   int

	RequestHeaders  *Captures // nil: none are configured, no braces
	ResponseHeaders *Captures
	RequestLine     []byte // without its line end; nil: <BADREQ>, and no captures either
}

// Conns counts the connections that are open when the line is written. HAProxy's counts include the client's for the
// process and the frontend, and not any more the stream's for the backend and the server: alone, it logs 1/1/0/0.
type Conns struct {
	Process, Frontend, Backend, Server int64
}

// AppendHTTP appends the httplog line to dst, without a newline.
func (r *Record) AppendHTTP(dst []byte, c *Clock) []byte {
	start := len(dst)
	dst = r.appendRoute(dst, c)
	dst = appendInt(dst, r.Request, '/')
	dst = appendInt(dst, r.Queue, '/')
	dst = appendInt(dst, r.Connect, '/')
	dst = appendInt(dst, r.Response, '/')
	dst = r.appendSoFar(dst, r.Total)
	dst = appendInt(dst, int64(r.Status), ' ')
	dst = r.appendSoFar(dst, r.Bytes)
	dst = appendCookie(dst, r.RequestCookie)
	dst = appendCookie(dst, r.ResponseCookie)
	dst = appendTerm(dst, r.Term[:])
	dst = r.appendLoad(dst)
	if r.RequestLine == nil {
		return append(dst, ` "<BADREQ>"`...)
	}
	dst = r.RequestHeaders.append(dst)
	dst = r.ResponseHeaders.append(dst)
	dst = append(dst, ' ', '"')
	room := MaxLine - 1 - (len(dst) - start)
	dst = appendEscaped(dst, r.RequestLine[:min(len(r.RequestLine), MaxRequestLine)], inQuotes, room)
	return append(dst, '"')
}

// AppendTCP appends the tcplog line to dst, without a newline.
func (r *Record) AppendTCP(dst []byte, c *Clock) []byte {
	dst = r.appendRoute(dst, c)
	dst = appendInt(dst, r.Queue, '/')
	dst = appendInt(dst, r.Connect, '/')
	dst = r.appendSoFar(dst, r.Total)
	dst = r.appendSoFar(dst, r.Bytes)
	dst = appendTerm(dst, r.Term[:2])
	return r.appendLoad(dst)
}

// appendSoFar appends a number that grows until the stream has ended, and a blank.
func (r *Record) appendSoFar(dst []byte, n int64) []byte {
	if r.Early {
		dst = append(dst, '+')
	}
	return appendInt(dst, n, ' ')
}

// AppendConnect appends the short line that tells of a connection when it comes, where no format is configured. The mode
// is "HTTP" or "TCP". A client of a unix socket has no address: it is nil.
func AppendConnect(dst, client, local []byte, name, mode string) []byte {
	dst = append(dst, "Connect "...)
	if client != nil {
		dst = append(dst, "from "...)
		dst = appendEscaped(dst, client, inWord, maxAddress)
		dst = append(dst, ' ')
	}
	dst = append(dst, "to "...)
	dst = appendEscaped(dst, local, inWord, maxAddress)
	dst = append(dst, " ("...)
	dst = appendName(dst, name)
	dst = append(dst, '/')
	dst = append(dst, mode...)
	return append(dst, ')')
}

// appendRoute appends who came when, and where it went: what all formats begin with.
func (r *Record) appendRoute(dst []byte, c *Clock) []byte {
	dst = appendEscaped(dst, r.Client, inWord, maxAddress)
	dst = append(dst, " ["...)
	dst = c.Append(dst, r.Date)
	dst = append(dst, "] "...)
	dst = appendName(dst, r.Frontend)
	dst = append(dst, ' ')
	return append(r.appendServer(dst), ' ')
}

// appendServer appends the backend and the server.
func (r *Record) appendServer(dst []byte) []byte {
	if r.Backend != "" {
		dst = appendName(dst, r.Backend)
	} else {
		dst = appendName(dst, r.Frontend)
	}
	dst = append(dst, '/')
	if r.Server == "" {
		return append(dst, "<NOSRV>"...)
	}
	return appendName(dst, r.Server)
}

// appendLoad appends the connection counts, the retries and the queues: what comes behind the termination state.
func (r *Record) appendLoad(dst []byte) []byte {
	dst = appendInt(dst, r.Conns.Process, '/')
	dst = appendInt(dst, r.Conns.Frontend, '/')
	dst = appendInt(dst, r.Conns.Backend, '/')
	dst = appendInt(dst, r.Conns.Server, '/')
	if r.Redispatched {
		dst = append(dst, '+')
	}
	dst = appendInt(dst, int64(r.Retries), ' ')
	dst = appendInt(dst, int64(r.ServerQueue), '/')
	return appendNumber(dst, int64(r.BackendQueue))
}

// appendName appends the name of a section or a server, which the configuration keeps short and free of what would need
// an escape.
func appendName(dst []byte, name string) []byte {
	return append(dst, name[:min(len(name), maxName)]...)
}

// appendCookie appends a captured cookie and a blank.
func appendCookie(dst, cookie []byte) []byte {
	if len(cookie) == 0 {
		return append(dst, '-', ' ')
	}
	return append(appendEscaped(dst, cookie, inWord, maxCookie), ' ')
}

// appendTerm appends a termination state and a blank.
func appendTerm(dst, term []byte) []byte {
	for _, b := range term {
		if b == 0 {
			b = '-'
		}
		dst = append(dst, b)
	}
	return append(dst, ' ')
}

func appendNumber(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// appendInt appends n and what separates it from the next.
func appendInt(dst []byte, n int64, separator byte) []byte {
	if uint64(n) < 10 {
		return append(dst, byte('0'+n), separator)
	}
	return append(strconv.AppendInt(dst, n, 10), separator)
}
