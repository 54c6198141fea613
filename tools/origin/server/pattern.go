package server

import "io"

// period is the length after which the pattern repeats: a prime, so that no power of two is a multiple of it and a
// block that is lost, doubled or misplaced shows.
const period = 65521

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"

// block is one period of the pattern, and is never written to.
var block = func() []byte {
	b := make([]byte, period)
	x := uint64(0x9E3779B97F4A7C15)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = letters[x>>58]
	}
	return b
}()

// Pattern reads the first n bytes of the endless text from which the bodies of /bytes, /chunked, /close and others are
// taken: letters without any visible order, always the same.
func Pattern(n int64) io.Reader { return &pattern{n: n} }

type pattern struct {
	off, n int64
}

// piece is what comes next, at most limit bytes.
func (p *pattern) piece(limit int) []byte {
	from := int(p.off % period)
	return block[from : from+int(min(period-int64(from), p.n-p.off, int64(limit)))]
}

func (p *pattern) Read(to []byte) (int, error) {
	if p.off == p.n {
		return 0, io.EOF
	}
	n := copy(to, p.piece(len(to)))
	p.off += int64(n)
	return n, nil
}

// WriteTo saves io.Copy the copy.
func (p *pattern) WriteTo(w io.Writer) (int64, error) {
	begin := p.off
	for p.off < p.n {
		n, err := w.Write(p.piece(period))
		p.off += int64(n)
		if err != nil {
			return p.off - begin, err
		}
	}
	return p.off - begin, nil
}
