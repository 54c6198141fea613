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

func TestAppendStopsAtTheEnd(t *testing.T) {
	b := new(Buffer)
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

func TestPoolReusesTheLastReturned(t *testing.T) {
	var p Pool
	a, b := p.Take(), p.Take()
	a.AppendString("left over")
	p.Put(b)
	p.Put(a)
	if got := p.Take(); got != a || got.Len() != 0 {
		t.Errorf("Take returned %p with %d bytes, want %p empty", got, got.Len(), a)
	}
	if p.Taken() != 1 || p.Idle() != 1 {
		t.Errorf("Taken %d, Idle %d", p.Taken(), p.Idle())
	}
	p.Put(a)
	p.Trim(1)
	if p.Idle() != 1 {
		t.Errorf("Trim(1) left %d", p.Idle())
	}
}

func TestPoolAllocatesNothingWhenWarm(t *testing.T) {
	var p Pool
	p.Put(p.Take())
	if n := testing.AllocsPerRun(100, func() { p.Put(p.Take()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
