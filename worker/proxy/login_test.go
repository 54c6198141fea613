package proxy

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
)

// login is a server that knows its users by their connections, as IIS does. "NTLM 1" is answered with a challenge, and what
// follows on the same connection, "NTLM 3 USER", makes it the user's; "Negotiate USER" does so at once. From then on every
// request of the connection is the user's. Everybody may see /public, and after /bye the connection ends.
type login struct {
	name       string
	all        sync.Map // its connections
	conns      atomic.Int32
	handshakes atomic.Int32
}

func (l *login) serve(c net.Conn, in *bufio.Reader) {
	l.conns.Add(1)
	l.all.Store(c, nil)
	user, challenged := "", false
	for {
		h := head(in)
		if !strings.HasSuffix(h, "\r\n\r\n") {
			return
		}
		scheme, of := authorization(h)
		switch {
		case strings.Contains(h, "GET /public "), strings.Contains(h, "GET /bye "):
		case scheme == "NTLM 3" && challenged, scheme == "Negotiate":
			user, challenged = of, false
			l.handshakes.Add(1)
		case scheme == "NTLM 1":
			user, challenged = "", true
			l.refuse(c, "WWW-Authenticate: NTLM 2\r\n")
			continue
		case user == "" || scheme != "":
			l.refuse(c, "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n")
			continue
		}
		body := l.name + " " + user
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if strings.Contains(h, "GET /bye ") {
			return
		}
	}
}

// leave closes all connections.
func (l *login) leave() {
	l.all.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
}

func (l *login) refuse(c net.Conn, fields string) {
	fmt.Fprintf(c, "HTTP/1.1 401 Unauthorized\r\n%sContent-Length: 0\r\n\r\n", fields)
}

// authorization is what a head says of its user.
func authorization(head string) (scheme, user string) {
	_, value, _ := strings.Cut(head, "\r\nAuthorization: ")
	value, _, _ = strings.Cut(value, "\r\n")
	if i := strings.LastIndexByte(value, ' '); i >= 0 && value != "NTLM 1" {
		return value[:i], value[i+1:]
	}
	return value, ""
}

// ask sends a GET with these fields and returns the status and the body of its answer. ended says that it is the last one.
func (c *client) ask(path string, fields ...string) (answer string, ended bool) {
	c.t.Helper()
	c.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n")
	return c.answer()
}

func (c *client) answer() (answer string, ended bool) {
	c.t.Helper()
	h := head(c.in)
	if len(h) < len("HTTP/1.1 200") {
		c.t.Fatalf("got %q, which is no head", h)
	}
	n := 0
	if _, length, ok := strings.Cut(h, "Content-Length: "); ok {
		fmt.Sscan(length, &n)
	}
	body := make([]byte, n)
	for i := range body {
		body[i], _ = c.in.ReadByte()
	}
	return h[len("HTTP/1.1 "):len("HTTP/1.1 200")] + " " + string(body), strings.Contains(h, "Connection: close")
}

// gets asks for / and wants this answer.
func (c *client) gets(want string, fields ...string) {
	c.t.Helper()
	if got, _ := c.ask("/", fields...); got != want {
		c.t.Errorf("got %q, want %q", got, want)
	}
}

// ntlm is a whole handshake of the user's on server.
func (c *client) ntlm(server, user string, fields ...string) {
	c.t.Helper()
	c.gets("401 ", append(fields, "Authorization: NTLM 1")...)
	c.gets("200 "+server+" "+user, append(fields, "Authorization: NTLM 3 "+user)...)
}

// idleConns is the number of idle connections to the server.
func (f *fixture) idleConns(i int) (n int64) {
	return f.proxy.backends[0].Servers[i].Gauges.Idle.Load()
}
