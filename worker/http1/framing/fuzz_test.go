package framing

import (
	"bufio"
	"bytes"
	"io"
	"net/http/httputil"
	"testing"
)

// blankBeforeExtension: RFC 9112 section 7.1.1 allows it, net/http does not.
func blankBeforeExtension(p []byte) bool {
	return bytes.Contains(p, []byte(" ;")) || bytes.Contains(p, []byte("\t;"))
}

// FuzzBody: the end of a chunked body does not depend on how its bytes arrive, and net/http's reader finds the same one.
func FuzzBody(f *testing.F) {
	for _, text := range []string{"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\nnext", "a;b=c\r\n0123456789\r\n0\r\nT: v\r\n\r\n", "3\nabc\n0\n\n", "ffffffffffffffff\r\n", "00000000000000000\r\n\r\n"} {
		f.Add([]byte(text), 3)
	}
	f.Fuzz(func(t *testing.T, p []byte, step int) {
		whole, pieces := &Body{}, &Body{}
		whole.Start(Chunked, 0)
		pieces.Start(Chunked, 0)
		n, done, fault := consume(whole, string(p), len(p)+1)
		n2, done2, fault2 := consume(pieces, string(p), 1+max(step, -step)%64)
		unwrapped, done3, fault3 := unwrap(string(p), 1+max(step, -step)%64)
		if done3 != done || fault3 != fault {
			t.Fatalf("%q: %v, %v; %v, %v unwrapped", p, done, fault, done3, fault3)
		}
		if done != done2 || fault != fault2 || done && n != n2 {
			t.Fatalf("%q: %d, %v, %v at once; %d, %v, %v in pieces", p, n, done, fault, n2, done2, fault2)
		}
		if !done {
			return
		}
		rest := bufio.NewReader(bytes.NewReader(p))
		data, err := io.ReadAll(httputil.NewChunkedReader(rest))
		if err != nil {
			if blankBeforeExtension(p) {
				return
			}
			t.Fatalf("%q is accepted here; net/http: %v", p, err)
		}
		if string(data) != unwrapped {
			t.Errorf("%q: the data is %q here, %q there", p, unwrapped, data)
		}
		// The reader stops before the trailer section, which ends with the first empty line.
		left, _ := io.ReadAll(rest)
		if end := bytes.Index(append([]byte("\r\n"), left...), []byte("\r\n\r\n")); end < 0 || len(left)-end-2 != len(p)-n {
			t.Errorf("%q: %d bytes follow here, %q there", p, len(p)-n, left)
		}
	})
}
