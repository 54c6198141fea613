package framing

import (
	"strings"
	"testing"

	"lbmaster/worker/http1/lex"
)

// consume passes text through a body in pieces of at most step bytes, and returns how many bytes belong to it.
func consume(b *Body, text string, step int) (n int, done bool, f lex.Fault) {
	for n < len(text) && !done {
		k, end, fault := b.Consume([]byte(text[n:min(n+step, len(text))]))
		if fault != 0 {
			return n, false, fault
		}
		if k == 0 && !end {
			panic("a body that takes nothing and does not end")
		}
		n, done = n+k, end
	}
	return n, done, 0
}

// unwrap passes text through a chunked body in pieces of at most step bytes, and returns the data.
func unwrap(text string, step int) (data string, done bool, f lex.Fault) {
	b := &Body{}
	b.Start(Chunked, 0)
	for n := 0; n < len(text) && !done; {
		p := text[n:min(n+step, len(text))]
		framing, k, end, fault := b.Unwrap([]byte(p))
		if fault != 0 {
			return data, false, fault
		}
		data += p[framing : framing+k]
		n, done = n+framing+k, end
	}
	return data, done, 0
}

func TestUnwrap(t *testing.T) {
	const text = "3\r\nabc\r\n0004;x=\"y\"\r\ndefg\r\n1\r\nh\r\n0\r\nT: v\r\n\r\nnext"
	for step := 1; step < len(text); step++ {
		if data, done, f := unwrap(text, step); data != "abcdefgh" || !done || f != 0 {
			t.Errorf("by %d: %q, done %v, %v", step, data, done, f)
		}
	}
}

// TestBeforeFault: what came before a chunk that is broken could pass.
func TestBeforeFault(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
	}{
		{"3\r\nabc\r\nzz\r\n", 8},
		{"3\r\nabc\r\n12x\r\n", 8},
		{"3\r\nabcd\r\n", 6},
		{"3\r\nabc\r\n0\r\nT : v\r\n\r\n", 8},
		{"x", 0},
	} {
		b := &Body{}
		b.Start(Chunked, 0)
		if n, done, f := b.Consume([]byte(tt.text)); n != tt.n || done || f == 0 {
			t.Errorf("%q: %d bytes, done %v, %v; want %d", tt.text, n, done, f, tt.n)
		}
	}
}

// TestPaddedSizes are taken from servers that are known to pad.
func TestPaddedSizes(t *testing.T) {
	const text = "3  \r\nabc\r\n0\t\r\n\r\nnext"
	for _, step := range []int{1, 3, 100} {
		b := &Body{}
		b.Start(Chunked, 0)
		b.Tolerate()
		if n, done, f := consume(b, text, step); n != len(text)-4 || !done || f != 0 {
			t.Errorf("by %d: %d bytes, done %v, %v", step, n, done, f)
		}
	}
}

func TestBodies(t *testing.T) {
	for _, tt := range []struct {
		framing Kind
		length  int64
		text    string
		n       int
		done    bool
	}{
		{None, 0, "next", 0, true},
		{Length, 3, "abcnext", 3, true},
		{Length, 5, "abc", 3, false},
		{UntilClose, 0, "abc", 3, false},
		{Chunked, 0, "0\r\n\r\nnext", 5, true},
		{Chunked, 0, "3\r\nabc\r\n0\r\n\r\nnext", 13, true},
		{Chunked, 0, "3 \t;a = b\r\nabc\r\n0 ;x\r\n\r\nnext", 24, true},
		{Chunked, 0, "0003;a=b;c=\"d e\"\r\n\r\n\n\r\n0;x\r\nA: b\r\nLong-Name-Of-A-Trailer-Field:\t\xff\r\n\r\nnext", 69, true},
		{Chunked, 0, "aB\r\n" + strings.Repeat("x", 0xab) + "\r\n000\r\n\r\n", 4 + 0xab + 2 + 7, true},
		{Chunked, 0, "0000000000000000\r\n\r\n", 20, true},
		{Chunked, 0, "7fffffffffffffff\r\nabc", 21, false},
	} {
		for _, step := range []int{1, 2, 3, 7, 1 << 20} {
			b := &Body{}
			b.Start(tt.framing, tt.length)
			if n, done, f := consume(b, tt.text, step); n != tt.n || done != tt.done || f != 0 {
				t.Errorf("%q by %d: %d bytes, done %v, %v; want %d, %v", tt.text, step, n, done, f, tt.n, tt.done)
			}
		}
	}
}

func TestBadChunks(t *testing.T) {
	for _, tt := range []struct {
		text  string
		fault lex.Fault
	}{
		{"\r\n", lex.FaultChunkSize},
		{"x\r\n", lex.FaultChunkSize},
		{" 3\r\nabc\r\n", lex.FaultChunkSize},
		{"3 \r\nabc\r\n", lex.FaultChunkSize},
		{"3 0\r\nabc\r\n", lex.FaultChunkSize},
		{"3" + strings.Repeat(" ", 300) + ";a\r\n", lex.FaultChunkExtension},
		{"+3\r\nabc\r\n", lex.FaultChunkSize},
		{"-3\r\nabc\r\n", lex.FaultChunkSize},
		{"0x3\r\nabc\r\n", lex.FaultChunkSize},
		{";a\r\n", lex.FaultChunkSize},
		{"3\nabc\r\n", lex.FaultChunkSize},
		{"8000000000000000\r\n", lex.FaultChunkSize},
		{"10000000000000000\r\n", lex.FaultChunkSize},
		{"fffffffffffffffff\r\n", lex.FaultChunkSize},
		{"3\rabc\r\n", lex.FaultLineEnd},
		{"3;a\nabc\r\n", lex.FaultChunkExtension},
		{"3;a\x00\r\nabc\r\n", lex.FaultChunkExtension},
		{"3;a\xff\r\nabc\r\n", lex.FaultChunkExtension},
		{"3;" + strings.Repeat("a", 300) + "\r\n", lex.FaultChunkExtension},
		{strings.Repeat("0", 17) + "\r\n", lex.FaultChunkSize},
		{"3\r\nabcd\r\n", lex.FaultChunkEnd},
		{"3\r\nabc\n0\r\n", lex.FaultChunkEnd},
		{"3\r\nabc\rx", lex.FaultChunkEnd},
		{"3\r\nabc0\r\n\r\n", lex.FaultChunkEnd},
		{"0\r\n\n", lex.FaultTrailer},
		{"0\r\nA : b\r\n\r\n", lex.FaultTrailer},
		{"0\r\n A: b\r\n\r\n", lex.FaultTrailer},
		{"0\r\n: b\r\n\r\n", lex.FaultTrailer},
		{"0\r\nA: b\n\r\n", lex.FaultTrailer},
		{"0\r\nA: \x00\r\n\r\n", lex.FaultTrailer},
		{"0\r\nA: b\rc\r\n", lex.FaultTrailer},
		{"0\r\n\rx", lex.FaultTrailer},
		{"0\r\nContent-Length: 5\r\n\r\n", lex.FaultTrailer},
		{"0\r\ntransfer-encoding: chunked\r\n\r\n", lex.FaultTrailer},
		{"0\r\nHost: b\r\n\r\n", lex.FaultTrailer},
		{"0\r\nSet-Cookie: a=b\r\n\r\n", lex.FaultTrailer},
		{"0\r\n" + strings.Repeat("A: b\r\n", lex.MaxFields+1) + "\r\n", lex.FaultTrailer},
		{"0\r\nA: " + strings.Repeat("b", 9000) + "\r\n\r\n", lex.FaultTrailer},
		{strings.Repeat("1;"+strings.Repeat("e", 200)+"\r\nx\r\n", 200), lex.FaultChunkWaste},
	} {
		for _, step := range []int{1, 5, 1 << 20} {
			b := &Body{}
			b.Start(Chunked, 0)
			if _, done, f := consume(b, tt.text, step); done || f != tt.fault {
				t.Errorf("%.60q by %d: done %v, %q; want %q", tt.text, step, done, f, tt.fault)
			}
		}
	}
}

// TestSmallChunksPass: tiny chunks alone are no waste.
func TestSmallChunksPass(t *testing.T) {
	b := &Body{}
	b.Start(Chunked, 0)
	text := strings.Repeat("1\r\nx\r\n", 100000) + "0\r\n\r\n"
	if n, done, f := consume(b, text, 4096); n != len(text) || !done || f != 0 {
		t.Errorf("%d of %d bytes, done %v, %v", n, len(text), done, f)
	}
}

// BenchmarkChunkedBody passes chunks of 1,000 bytes in pieces of a buffer's size.
func BenchmarkChunkedBody(b *testing.B) {
	p := []byte(strings.Repeat("3e8\r\n"+strings.Repeat("x", 1000)+"\r\n", 16))
	body := &Body{}
	body.Start(Chunked, 0)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, f := body.Consume(p); f != 0 {
			b.Fatal(f)
		}
	}
}
