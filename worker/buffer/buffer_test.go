package buffer

import (
	"bytes"
	"testing"
)

func TestWindow(t *testing.T) {
	var p Pool
	b := p.Take()
	if n := b.Append([]byte("hello world")); n != 11 {
		t.Fatalf("Append = %d", n)
	}
	b.Consume(6)
	if got := string(b.Bytes()); got != "world" {
		t.Errorf("after Consume: %q", got)
	}
	b.Compact()
	if got := string(b.Bytes()); got != "world" || len(b.Space()) != Size-5 {
		t.Errorf("after Compact: %q, %d bytes of space", got, len(b.Space()))
	}
	b.Consume(5)
	if b.Len() != 0 || len(b.Space()) != Size {
		t.Errorf("emptied buffer: Len %d, space %d", b.Len(), len(b.Space()))
	}
}

func TestPrepend(t *testing.T) {
	b := newBuffer(0)
	b.AppendString("old head|body")
	b.Consume(len("old head|"))
	if !b.Prepend([]byte("the new, longer head|")) || string(b.Bytes()) != "the new, longer head|body" {
		t.Errorf("after Prepend: %q", b.Bytes())
	}
	before := len(b.Space())
	if b.Compact(); string(b.Bytes()) != "the new, longer head|body" || len(b.Space()) != before {
		t.Errorf("after Compact: %q, %d bytes of space, %d before", b.Bytes(), len(b.Space()), before)
	}
	b.Consume(len("the new, longer head|bo"))
	if string(b.Bytes()) != "dy" {
		t.Errorf("after Consume: %q", b.Bytes())
	}
	if b.Consume(2); b.Len() != 0 || len(b.Space()) != Size {
		t.Errorf("emptied buffer: Len %d, space %d", b.Len(), len(b.Space()))
	}
}

func TestPrependStopsAtTheFront(t *testing.T) {
	b := newBuffer(0)
	b.Append(bytes.Repeat([]byte("b"), Size))
	front := bytes.Repeat([]byte("f"), Front)
	if b.Prepend(append(front, 'f')) || b.Len() != Size {
		t.Errorf("one byte too much was taken: Len %d", b.Len())
	}
	if !b.Prepend(front) || b.Len() != Front+Size || b.Prepend([]byte("f")) {
		t.Errorf("Len %d", b.Len())
	}
	if p := b.Bytes(); p[Front-1] != 'f' || p[Front] != 'b' {
		t.Errorf("%q", p[Front-1:Front+1])
	}
}

func TestAppendStopsAtTheEnd(t *testing.T) {
	b := newBuffer(0)
	big := bytes.Repeat([]byte("x"), Size+10)
	if n := b.Append(big); n != Size || !b.Full() {
		t.Errorf("Append = %d, Full = %v", n, b.Full())
	}
	if n := b.AppendString("y"); n != 0 {
		t.Errorf("AppendString into a full buffer = %d", n)
	}
	b.Consume(4)
	b.Compact()
	if n := b.AppendString("yyyyyy"); n != 4 {
		t.Errorf("AppendString after Compact = %d", n)
	}
}
