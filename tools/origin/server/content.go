package server

import (
	"fmt"
	"strings"
	"time"
)

// root answers "NAME TARGET".
func root(x *exchange) { x.text(200, x.s.name+" "+x.target+"\n") }

func notFound(x *exchange) { x.text(404, x.s.name+" has no "+x.target+"\n") }

func headers(x *exchange) {
	if x.part(1) == "quoted" {
		x.text(200, visible(x.request.raw))
		return
	}
	x.text(200, string(x.request.raw))
}

func fixed(x *exchange) {
	n := x.number(1, 0)
	x.stream(n, Pattern(n))
}

func inChunks(x *exchange) { x.chunked(Pattern(x.number(1, 0)), sizes(int(x.number(2, 0)))) }

func withTrailer(x *exchange) {
	x.chunked(Pattern(x.number(1, 10)), sizes(0), "X-Trailer: "+x.s.name, "X-Last: yes")
}

// sizes makes a source of chunk sizes: always n, or a mixture when n is 0.
func sizes(n int) func() int {
	mixture := []int{1, 7, 1000, 16 << 10, 64 << 10, 2}
	i := -1
	return func() int {
		if n > 0 {
			return n
		}
		i++
		return mixture[i%len(mixture)]
	}
}

func untilClose(x *exchange) {
	x.then = finish
	x.head(200, "Content-Type: text/plain")
	x.payload(func() error { return x.copy(Pattern(x.number(1, 0))) })
}

func status(x *exchange) {
	code := int(x.number(1, 200))
	if code < 200 || code > 999 {
		x.text(400, "a final status has three digits and is at least 200\n")
		return
	}
	x.text(code, fmt.Sprintf("%s status %d\n", x.s.name, code))
}

func delay(x *exchange) {
	if !x.s.wait(millis(x.number(1, 100))) {
		x.then = cut
		return
	}
	x.text(200, x.s.name+" "+x.target+"\n")
}

func slow(x *exchange) {
	switch x.part(1) {
	case "head":
		slowHead(x)
	case "read":
		slowRead(x)
	default:
		slowBody(x)
	}
}

func slowBody(x *exchange) {
	n, pause := x.number(1, 10), millis(x.number(2, 10))
	if x.discard() != nil {
		x.then = cut
		return
	}
	x.head(200, "Content-Type: text/plain", length(n))
	x.payload(func() error { return x.drip(block[:min(n, period)], pause) })
}

func slowHead(x *exchange) {
	if x.discard() != nil {
		x.then = cut
		return
	}
	text := "HTTP/1.1 200 OK\r\nX-Origin: " + x.s.name + "\r\nContent-Length: 5\r\n\r\nslow\n"
	if x.method == "HEAD" {
		text = strings.TrimSuffix(text, "slow\n")
	}
	if x.drip([]byte(text), millis(x.number(2, 10))) != nil {
		x.then = cut
	}
}

// slowRead reads the body slowly, so that whoever sends it has to wait.
func slowRead(x *exchange) {
	piece, pause := make([]byte, x.number(2, 1000)), millis(x.number(3, 10))
	total := 0
	for {
		n, err := x.Read(piece)
		total += n
		if err != nil || !x.s.wait(pause) {
			break
		}
	}
	x.text(200, fmt.Sprintf("bytes %d\n", total))
}

// drip sends single bytes with pauses.
func (x *exchange) drip(b []byte, pause time.Duration) error {
	for i := range b {
		if err := x.send(string(b[i : i+1])); err != nil {
			return err
		}
		if !x.s.wait(pause) {
			return errClosed
		}
	}
	return nil
}

func hints(x *exchange) {
	for range x.number(1, 1) {
		x.w.WriteString("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
		x.w.Flush()
	}
	root(x)
}

func setCookie(x *exchange) {
	name, value := x.part(1), x.part(2)
	if name == "" {
		name, value = "session", x.s.name
	}
	x.text(200, x.s.name+" "+x.target+"\n", "Set-Cookie: "+name+"="+value+"; path=/")
}

func http10(x *exchange) {
	body := x.s.name + " " + x.target + "\n"
	x.start("HTTP/1.0", 200)
	switch x.part(1) {
	case "keep":
		x.lines([]string{length(int64(len(body))), "Connection: keep-alive", ""})
	case "close":
		x.then = finish
		x.lines([]string{""})
	default:
		x.then = finish
		x.lines([]string{length(int64(len(body))), ""})
	}
	x.payload(func() error { return x.copy(strings.NewReader(body)) })
}

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
