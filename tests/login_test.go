//go:build linux

package tests

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// login is a server that knows its users by their connections, as IIS does:
//
//	<- Authorization: NTLM 1             the user begins
//	-> 401, WWW-Authenticate: NTLM N     the challenge, which is the connection's own
//	<- Authorization: NTLM N USER        the answer; from then on every request of the connection is the user's
//
// Negotiate does the same in its own name. Every other request without a user is answered 401, and offered both.
type login struct {
	name       string
	handshakes atomic.Int64 // that were completed
	strays     atomic.Int64 // answers that came on another connection than their challenge
}

// startLogin starts a server. It is closed at the end of the test.
func startLogin(t *testing.T, name, addr string) *login {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &login{name: name}
	var running sync.WaitGroup
	var conns sync.Map
	running.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Store(c, nil)
			running.Go(func() {
				defer c.Close()
				s.serve(c, fmt.Sprintf("%s%d", name, n))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		running.Wait()
	})
	return s
}

// serve answers the requests of one connection, whose challenge is nonce.
func (s *login) serve(c net.Conn, nonce string) {
	in, user := bufio.NewReader(c), ""
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		credentials := strings.Fields(r.Header.Get("Authorization"))
		switch {
		case len(credentials) == 2:
			user = ""
			err = refuse(c, credentials[0]+" "+nonce)
		case len(credentials) == 3 && credentials[1] != nonce:
			s.strays.Add(1)
			err = refuse(c, "Negotiate", "NTLM")
		case len(credentials) == 3:
			user = credentials[2]
			s.handshakes.Add(1)
			err = greet(c, user)
		case user == "":
			err = refuse(c, "Negotiate", "NTLM")
		default:
			err = greet(c, user)
		}
		if err != nil {
			return
		}
	}
}

func greet(c net.Conn, user string) error {
	_, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(user), user)
	return err
}

func refuse(c net.Conn, challenges ...string) error {
	var fields strings.Builder
	for _, challenge := range challenges {
		fields.WriteString("WWW-Authenticate: " + challenge + "\r\n")
	}
	_, err := io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"+fields.String()+"\r\n")
	return err
}
