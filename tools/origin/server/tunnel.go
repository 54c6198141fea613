package server

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
)

// webSocketID is the constant of RFC 6455 section 1.3.
const webSocketID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

func upgrade(x *exchange) {
	protocol, ok := x.field("Upgrade")
	if x.part(1) == "refuse" || !ok || !x.lists("Connection", "upgrade") {
		x.text(200, "no upgrade\n")
		return
	}
	x.start("HTTP/1.1", 101)
	x.lines([]string{"Connection: Upgrade", "Upgrade: " + protocol})
	if key, ok := x.field("Sec-WebSocket-Key"); ok {
		sum := sha1.Sum([]byte(key + webSocketID))
		x.lines([]string{"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:])})
	}
	x.w.WriteString("\r\n")
	if x.part(1) == "hello" {
		x.w.WriteString("hello\n")
	}
	x.tunnel()
}

func connect(x *exchange) {
	x.start("HTTP/1.1", 200)
	x.w.WriteString("\r\n")
	x.tunnel()
}

func (x *exchange) tunnel() {
	x.s.count.tunnels.Add(1)
	x.then = cut
	if x.w.Flush() == nil {
		echoBytes(x.c, x.r)
	}
}

// serveEcho serves a connection that is not HTTP.
func (s *Server) serveEcho(c net.Conn) { echoBytes(c, bufio.NewReader(c)) }

// echoBytes sends everything back until the client has finished sending.
func echoBytes(c net.Conn, r io.Reader) {
	io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{r}, make([]byte, 32<<10))
}
