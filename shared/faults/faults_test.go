package faults

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/shared/shm"
)

// pair is the memory of a worker, and who reads it.
func pair(t *testing.T, places int) (*Memory, *Reader) {
	t.Helper()
	fd, err := Create(places)
	if err != nil {
		t.Fatal(err)
	}
	own, err := ReadOnly(fd)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(fd, places)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, r
}

// all is what a reader sees, in words.
func (r *Reader) all(t *testing.T) (words []string, seen Seen) {
	t.Helper()
	seen, err := r.Visit(func(f *Fault) { words = append(words, fmt.Sprintf("%+v", *f)) })
	if err != nil {
		t.Fatal(err)
	}
	return words, seen
}

func TestPut(t *testing.T) {
	m, r := pair(t, 3)
	if words, seen := r.all(t); len(words) != 0 || seen != (Seen{}) {
		t.Errorf("before the first fault: %v, %+v", words, seen)
	}
	first := Fault{
		When: 1700000000000, Status: 400, Client: []byte("127.0.0.1:1"), Frontend: "web", Text: "it is bad", At: 3, Seen: 4, Bytes: []byte("GET\x00"),
	}
	second := Fault{
		When: 1700000000001, Response: true, Cut: true, Status: 200, Client: []byte("unix:1"), Frontend: "web", Backend: "farm", Server: "a",
		Text: "odd", At: -1, Seen: 50, First: 40, Bytes: []byte("0123456789"),
	}
	m.Put(2, &first)
	m.Put(2, &first)
	m.Put(0, &second)
	words, seen := r.all(t)
	want := []string{fmt.Sprintf("%+v", second), fmt.Sprintf("%+v", first)}
	if strings.Join(words, "\n") != strings.Join(want, "\n") || seen != (Seen{Events: 3}) {
		t.Errorf("got  %v, %+v\nwant %v", words, seen, want)
	}
}

// TestWindow: what does not fit is left out far from the byte that makes the fault.
func TestWindow(t *testing.T) {
	m, r := pair(t, 1)
	content := make([]byte, 16<<10)
	for i := range content {
		content[i] = byte(i / 64)
	}
	for _, at := range []int64{-1, 0, 100, 5000, int64(len(content)) - 1, int64(len(content))} {
		f := Fault{First: 1000, At: 1000 + at, Seen: 1000 + int64(len(content)), Bytes: content, Text: strings.Repeat("t", 1000), Client: content}
		if at < 0 {
			f.At = -1
		}
		m.Put(0, &f)
		_, err := r.Visit(func(got *Fault) {
			from := got.First - 1000
			if len(got.Bytes) < 3000 || !bytes.Equal(got.Bytes, content[from:from+int64(len(got.Bytes))]) {
				t.Errorf("at %d: %d bytes from %d on", at, len(got.Bytes), got.First)
			}
			if at >= 0 && at < int64(len(content)) && (at < from || at >= from+int64(len(got.Bytes))) {
				t.Errorf("at %d: not among the %d bytes from %d on", at, len(got.Bytes), from)
			}
			if len(got.Text) != limits[text] || len(got.Client) != limits[client] {
				t.Errorf("a text of %d bytes, a client of %d", len(got.Text), len(got.Client))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// resident is how many bytes of memory a segment takes.
func resident(t *testing.T, fd int) int64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	return st.Blocks * 512
}

// TestSparse: a place without a fault takes no memory, also when somebody looks.
func TestSparse(t *testing.T) {
	const places = 5000
	m, r := pair(t, places)
	m.Put(places-1, &Fault{Text: "bad"})
	for range 2 {
		if words, _ := r.all(t); len(words) != 1 {
			t.Errorf("%d faults are seen", len(words))
		}
	}
	if n := resident(t, m.segment.FD()); n > 4*int64(unix.Getpagesize()) {
		t.Errorf("one fault of %d places takes %d bytes", places, n)
	}
	if size := shm.SizeOf[page](); size != pageSize {
		t.Errorf("a page has %d bytes", size)
	}
}

// TestReadOnly: who reads cannot write.
func TestReadOnly(t *testing.T) {
	fd, err := Create(1)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	own, err := ReadOnly(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(own)
	if _, err := unix.Pwrite(own, []byte{1}, 0); err != unix.EBADF {
		t.Errorf("written: %v", err)
	}
	if _, err := unix.Mmap(own, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != unix.EACCES {
		t.Errorf("mapped for writing: %v", err)
	}
}

func TestOthersAreRefused(t *testing.T) {
	board, err := shm.Create("other", 1, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer board.Close()
	if _, err := NewReader(board.FD()); err == nil {
		t.Error("a segment of another kind is read")
	}
	if _, err := Open(board.FD(), 1); err == nil {
		t.Error("a segment of another kind is written")
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	if _, err := NewReader(pipe[0]); err == nil {
		t.Error("a pipe is read")
	}
	fd, err := Create(2)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := Open(fd, 1000); err == nil {
		t.Error("there is room for more places than there are")
	}
}

// TestTorn: a page that is being written is not taken for good, and not waited for; the next fault there is seen again, also when a
// writer died in the middle.
func TestTorn(t *testing.T) {
	m, r := pair(t, 2)
	m.Put(0, &Fault{Text: "first"})
	m.pages[0].begin()
	if words, seen := r.all(t); len(words) != 0 || seen.Torn != 1 {
		t.Errorf("in the middle: %v, %+v", words, seen)
	}
	m.Put(0, &Fault{Text: "second"})
	words, seen := r.all(t)
	if len(words) != 1 || !strings.Contains(words[0], "second") || seen.Torn != 0 {
		t.Errorf("afterwards: %v, %+v", words, seen)
	}
}

// TestRace: what is seen while a worker writes without end is whole.
func TestRace(t *testing.T) {
	m, r := pair(t, 1)
	done, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for n := byte(0); ; n++ {
			select {
			case <-done:
				return
			default:
				m.Put(0, &Fault{At: int64(n), Bytes: bytes.Repeat([]byte{n}, 3000)})
			}
		}
	}()
	for whole := 0; whole < 1000; {
		_, err := r.Visit(func(f *Fault) {
			whole++
			if !bytes.Equal(f.Bytes, bytes.Repeat([]byte{byte(f.At)}, 3000)) {
				t.Errorf("fault %d has bytes of another one: %d of %d", f.At, bytes.Count(f.Bytes, []byte{byte(f.At)}), len(f.Bytes))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	<-ended
}

// TestHostile: whatever a worker writes, its reader neither fails nor goes out of bounds, and takes no more than there is.
func TestHostile(t *testing.T) {
	const places = 4
	m, r := pair(t, places)
	all := shm.Slice[byte](m.segment, pagesAt, places*pageSize)
	random := rand.New(rand.NewPCG(1, 2))
	met := 0
	for range 500 {
		for i := range all {
			if random.IntN(4) == 0 {
				all[i] = byte(random.Uint32() >> random.IntN(32))
			}
		}
		for i := range m.pages {
			p := &m.pages[i]
			p.seq.Store(random.Uint64() &^ 1)
			for k := range p.sizes {
				p.sizes[k] = uint16(random.IntN(1 << random.IntN(17)))
			}
			p.when, p.at, p.seen, p.first = odd(random), odd(random), odd(random), odd(random)
		}
		_, err := r.Visit(func(f *Fault) {
			met++
			if n := len(f.Client) + len(f.Frontend) + len(f.Backend) + len(f.Server) + len(f.Text) + len(f.Bytes); n > dataSize {
				t.Errorf("a fault of %d bytes", n)
			}
			if f.When < 0 || f.At < -1 || f.Seen < 0 || f.First < 0 || f.First+int64(len(f.Bytes)) < 0 || len(f.Frontend) > limits[frontend] {
				t.Errorf("%+v", f)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if met < 3 {
		t.Errorf("%d pages were taken for faults", met)
	}
}

// odd is a number that may be an odd one.
func odd(random *rand.Rand) int64 {
	return []int64{0, -1, 1, 1<<63 - 1, -1 << 63, 5000, int64(random.Uint64() >> random.IntN(64))}[random.IntN(7)]
}

// TestAllocations: a worker pays for a fault with a copy.
func TestAllocations(t *testing.T) {
	m, _ := pair(t, 1)
	content, client := make([]byte, 10_000), []byte("127.0.0.1:1")
	n := testing.AllocsPerRun(100, func() {
		f := Fault{Client: client, Frontend: "web", Text: "bad", Bytes: content}
		m.Put(0, &f)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
