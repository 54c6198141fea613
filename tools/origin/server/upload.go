package server

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

var errClosed = errors.New("the server is closed")

func upload(x *exchange) {
	what, sum := "crc32", hash.Hash(crc32.NewIEEE())
	if x.part(1) == "sha256" {
		what, sum = "sha256", sha256.New()
	}
	n, err := io.Copy(sum, struct{ io.Reader }{x})
	if err != nil {
		x.then = cut
		return
	}
	x.text(200, fmt.Sprintf("bytes %d\n%s %x\n", n, what, sum.Sum(nil)))
}

// echo sends the body back while it comes, in the framing in which it comes.
func echo(x *exchange) {
	if x.invite() != nil {
		x.then = cut
		return
	}
	if x.length >= 0 {
		x.head(200, length(x.length))
		x.payload(func() error { return x.copyNow(x.w) })
		return
	}
	x.head(200, "Transfer-Encoding: chunked")
	x.payload(func() error {
		if err := x.copyNow(chunkWriter{x.w}); err != nil {
			return err
		}
		_, err := x.w.WriteString("0\r\n\r\n")
		return err
	})
}

// copyNow copies the body to w and lets nothing wait in the buffer.
func (x *exchange) copyNow(w io.Writer) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.Read(buf)
		if n > 0 {
			w.Write(buf[:n])
			if err := x.w.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

type chunkWriter struct{ w io.Writer }

func (c chunkWriter) Write(p []byte) (int, error) { return fmt.Fprintf(c.w, "%x\r\n%s\r\n", len(p), p) }

func proceed(x *exchange) {
	was := x.expected
	switch x.part(1) {
	case "refuse":
		x.then = finish
		x.text(417, "not wanted\n")
		return
	case "silent":
		x.expected = false
	case "always":
		x.expected = true
	}
	n, err := io.Copy(io.Discard, struct{ io.Reader }{x})
	if err != nil {
		x.then = cut
		return
	}
	x.text(200, fmt.Sprintf("bytes %d\nexpected %v\n", n, was))
}

func early(x *exchange) {
	code := int(x.number(1, 200))
	mode := x.part(2)
	// A client that waits for 100 Continue may send the body now, or not: the connection has no future.
	if mode != "keep" || x.expected {
		x.then = finish
	}
	x.expected = false
	x.text(code, fmt.Sprintf("%s early %d\n", x.s.name, code))
	x.w.Flush()
	if mode == "cut" {
		x.then = cut
	}
}
