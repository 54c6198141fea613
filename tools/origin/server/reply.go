package server

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// head writes the head of an answer. Each of the fields is "Name: value".
func (x *exchange) head(code int, fields ...string) {
	x.start("HTTP/1.1", code)
	x.lines(fields)
	switch {
	case x.then != keep:
		x.w.WriteString("Connection: close\r\n")
	case x.minor == 0:
		x.w.WriteString("Connection: keep-alive\r\n")
	}
	x.w.WriteString("\r\n")
}

// start writes the status line and the server's own field.
func (x *exchange) start(version string, code int) {
	x.w.WriteString(version)
	x.w.WriteByte(' ')
	x.w.WriteString(strconv.Itoa(code))
	x.w.WriteByte(' ')
	x.w.WriteString(reason(code))
	x.w.WriteString("\r\nX-Origin: ")
	x.w.WriteString(x.s.name)
	x.w.WriteString("\r\n")
}

// lines writes header fields.
func (x *exchange) lines(fields []string) {
	for _, f := range fields {
		x.w.WriteString(f)
		x.w.WriteString("\r\n")
	}
}

// text answers with a short text.
func (x *exchange) text(code int, body string, fields ...string) {
	x.typed(code, "text/plain", body, fields...)
}

// typed answers with a short body of some type.
func (x *exchange) typed(code int, mediaType, body string, fields ...string) {
	if code == http.StatusNoContent || code == http.StatusNotModified {
		x.head(code, fields...)
		return
	}
	x.head(code, append(fields, "Content-Type: "+mediaType, length(int64(len(body))))...)
	x.payload(func() error {
		_, err := x.w.WriteString(body)
		return err
	})
}

// stream answers 200 with n bytes from r.
func (x *exchange) stream(n int64, r io.Reader) {
	x.head(200, "Content-Type: text/plain", length(n))
	x.payload(func() error { return x.copy(r) })
}

// chunked answers 200 with everything from r, in chunks. sizes returns the size of the next chunk. A client that speaks
// HTTP/1.0 gets the bytes without chunks, and the end of the connection.
func (x *exchange) chunked(r io.Reader, sizes func() int, trailer ...string) {
	if x.minor == 0 {
		x.then = finish
		x.head(200, "Content-Type: text/plain")
		x.payload(func() error { return x.copy(r) })
		return
	}
	x.head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked")
	x.payload(func() error { return x.chunks(r, sizes, trailer) })
}

// chunks writes a chunked body.
func (x *exchange) chunks(r io.Reader, sizes func() int, trailer []string) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(r, buf[:min(sizes(), len(buf))])
		if n > 0 {
			fmt.Fprintf(x.w, "%x\r\n%s\r\n", n, buf[:n])
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
	}
	x.w.WriteString("0\r\n")
	x.lines(trailer)
	_, err := x.w.WriteString("\r\n")
	return err
}

// payload writes a body, unless the method is HEAD. A body that could not be written ends the connection.
func (x *exchange) payload(write func() error) {
	if x.method == "HEAD" {
		return
	}
	if write() != nil {
		x.then = cut
	}
}

func (x *exchange) copy(r io.Reader) error {
	if w, ok := r.(io.WriterTo); ok {
		_, err := w.WriteTo(x.w)
		return err
	}
	_, err := io.Copy(x.w, r)
	return err
}

// send writes bytes as they are and sends them at once.
func (x *exchange) send(text string) error {
	x.w.WriteString(text)
	return x.w.Flush()
}

func length(n int64) string { return "Content-Length: " + strconv.FormatInt(n, 10) }

func reason(code int) string {
	if s := http.StatusText(code); s != "" {
		return s
	}
	return "Status"
}

// visible writes each line of a head as a quoted string, so that a control character can be seen.
func visible(b []byte) string {
	var s bytes.Buffer
	for line := range bytes.Lines(b) {
		s.WriteString(strconv.Quote(string(line)))
		s.WriteByte('\n')
	}
	return s.String()
}
