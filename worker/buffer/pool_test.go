package buffer

import "testing"

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
}

func TestPoolAllocatesNothingWhenWarm(t *testing.T) {
	var p Pool
	p.Put(p.Take())
	if n := testing.AllocsPerRun(100, func() { p.Put(p.Take()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestPoolKeepsSizesApart: a small buffer is never a large one, and each kind comes back from where it was put.
func TestPoolKeepsSizesApart(t *testing.T) {
	var p Pool
	for _, tt := range []struct{ n, room int }{
		{0, Size},
		{1, Size},
		{Size, Size},
		{Size + 1, 39 << 10},
		{33 << 10, 39 << 10},
		{65 << 10, 71 << 10},
		{129 << 10, 135 << 10},
		{257 << 10, Largest},
		{Largest, Largest},
		{Largest + 1, Largest},
	} {
		b := p.TakeFor(tt.n)
		if got := len(b.Space()); got != tt.room {
			t.Errorf("a buffer for %d bytes has room for %d, want %d", tt.n, got, tt.room)
		}
		p.Put(b)
		if got := p.TakeFor(tt.n); got != b {
			t.Errorf("a buffer for %d bytes does not come back", tt.n)
		}
		small := p.Take()
		if len(small.Space()) != Size {
			t.Fatalf("Take gives %d bytes", len(small.Space()))
		}
		p.Put(small)
		p.Put(b)
	}
}

// TestGrow: a buffer that is full goes on in larger ones, and in a small one when it holds little again.
func TestGrow(t *testing.T) {
	var p Pool
	b := p.Take()
	b.AppendString("consumed")
	b.Consume(len("consumed") - 1)
	want := "d"
	for _, room := range []int{Size, 39 << 10, 71 << 10, 135 << 10, Largest} {
		b.Compact()
		for !b.Full() {
			want += "0123456789"[:b.AppendString("0123456789")]
		}
		if string(b.Bytes()) != want || b.Len() != room {
			t.Fatalf("a buffer of %d bytes holds %d, want %d", room, b.Len(), len(want))
		}
		if p.Fit(b) != b && room > Size {
			t.Fatalf("%d bytes fit into a small buffer", b.Len())
		}
		if b = p.Grow(b); string(b.Bytes()) != want {
			t.Fatalf("after Grow from %d bytes it holds %d, want %d", room, b.Len(), len(want))
		}
		if p.Taken() != 1 {
			t.Fatalf("%d buffers are in use", p.Taken())
		}
	}
	if !b.Full() || p.Grow(b) != b {
		t.Error("the largest buffer grows")
	}
	b.Consume(b.Len() - Size)
	if b = p.Fit(b); string(b.Bytes()) != want[len(want)-Size:] || !b.Full() || p.Taken() != 1 {
		t.Errorf("after Fit it holds %d bytes, and %d buffers are in use", b.Len(), p.Taken())
	}
	p.Put(b)
	if p.Idle() != 5 {
		t.Errorf("%d free buffers, want one of each size", p.Idle())
	}
}

// TestShrink: of each size goes what the time since the last call has not needed.
func TestShrink(t *testing.T) {
	var p Pool
	p.Put(p.Take())
	for range 2 {
		a, b := p.TakeFor(Largest), p.TakeFor(Largest)
		p.Put(a)
		p.Put(b)
	}
	if n := p.Shrink(); n != 0 {
		t.Errorf("%d bytes go that have been needed", n)
	}
	p.Put(p.TakeFor(Largest))
	if n := p.Shrink(); n != 264<<10+Front+Size {
		t.Errorf("%d bytes go, want those of one large buffer and a small one", n)
	}
	if n := p.Shrink(); n != 264<<10 || p.Idle() != 0 {
		t.Errorf("%d bytes go, want those of one large buffer; %d are left", n, p.Idle())
	}
}

// TestShrinkWhileInUse: buffers in use are not counted among the free ones that are needed.
func TestShrinkWhileInUse(t *testing.T) {
	var p Pool
	a, b := p.TakeFor(Largest), p.TakeFor(Largest)
	p.Shrink()
	p.Put(b)
	p.Shrink()
	if n := p.Shrink(); n != 264<<10 || p.Taken() != 1 || p.Idle() != 0 {
		t.Errorf("%d bytes go, %d buffers are in use, %d free", n, p.Taken(), p.Idle())
	}
	p.Put(a)
}
