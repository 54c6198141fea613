package loop

import "testing"

func TestFreeList(t *testing.T) {
	var l FreeList[int]
	var out []*int
	for i := range 10 {
		if x := l.Take(); x != nil {
			t.Fatalf("%v was there", *x)
		}
		out = append(out, &i)
	}
	for _, x := range out {
		l.Put(x)
	}
	for _, want := range []int{10, 0, 0} { // needed in the time before, then nothing has been
		if l.Shrink(); len(l.free) != want {
			t.Errorf("%d are kept, want %d", len(l.free), want)
		}
	}
	a, b := 1, 2
	l.Take()
	l.Take()
	l.Put(&a)
	l.Put(&b)
	if x := l.Take(); x != &b {
		t.Error("not the last one first")
	}
	if l.Shrink(); len(l.free) != 1 || l.free[0] != &a {
		t.Errorf("%d are kept, want one", len(l.free))
	}
}
