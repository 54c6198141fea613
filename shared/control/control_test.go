package control

import (
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func pair(t *testing.T) (int, int) {
	t.Helper()
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// openFiles is the number of descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestMessages(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(a)
	defer unix.Close(b)
	sent := Message{Kind: Lend, Slot: 3, Shards: []Shard{{0, 1}, {2, 0}}, Last: true}
	if err := Send(a, sent, []int{0, 1}); err != nil {
		t.Fatal(err)
	}
	got, fds, err := Recv(b)
	if err != nil {
		t.Fatal(err)
	}
	sent.Version = Version
	if !reflect.DeepEqual(got, sent) || len(fds) != 2 {
		t.Errorf("got %+v with %d descriptors, want %+v", got, len(fds), sent)
	}
	for _, fd := range fds {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d: flags %#x, %v", fd, flags, err)
		}
	}
	CloseAll(fds)
	if _, _, err := Recv(b); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("an empty channel: %v", err)
	}
}

func TestManyDescriptors(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(a)
	defer unix.Close(b)
	all := make([]int, MaxFDs)
	if err := Send(a, Message{Kind: Listeners}, all); err != nil {
		t.Fatal(err)
	}
	_, fds, err := Recv(b)
	if err != nil || len(fds) != MaxFDs {
		t.Errorf("%d descriptors, %v", len(fds), err)
	}
	CloseAll(fds)
	if err := Send(a, Message{Kind: Listeners}, make([]int, MaxFDs+1)); err == nil {
		t.Error("too many descriptors were sent")
	}
}

// TestFaults: whatever is wrong with a message, its descriptors are closed, what was wrong is said, and the channel goes on.
func TestFaults(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(a)
	defer unix.Close(b)
	before := openFiles(t)
	for _, fds := range [][]int{nil, {0, 1}} {
		for _, text := range []string{"", "{", "null", "[]", `{"Version":9,"Kind":"ping"}`, `{"Version":2,"Kind":"pang"}`, strings.Repeat("x", MaxMessage+1)} {
			var oob []byte
			if len(fds) > 0 {
				oob = unix.UnixRights(fds...)
			}
			if err := unix.Sendmsg(a, []byte(text), oob, nil, 0); err != nil {
				t.Fatal(err)
			}
			if m, fds, err := Recv(b); !errors.Is(err, ErrNotUnderstood) {
				t.Errorf("%.20q was taken for %+v with %d descriptors, %v", text, m, len(fds), err)
			}
		}
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	if err := unix.Sendmsg(a, []byte(`{"Version":2,"Kind":"ping","More":1}`), nil, nil, 0); err != nil {
		t.Fatal(err)
	}
	if m, _, err := Recv(b); err != nil || m.Kind != Ping {
		t.Errorf("a message with a field of a later program: %+v, %v", m, err)
	}
}

// fill leaves room for n descriptors below the limit of this process, and returns what gives the room back.
func fill(t *testing.T, n int) (empty func()) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	var all []int
	limit := was
	limit.Cur = 128
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for {
		fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			break
		}
		all = append(all, fd)
	}
	CloseAll(all[len(all)-n:])
	all = all[:len(all)-n]
	return func() {
		CloseAll(all)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoRoom: descriptors that do not fit are lost, all of them, but not what the message says, nor the next message.
func TestNoRoom(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(a)
	defer unix.Close(b)
	before := openFiles(t)
	for _, m := range []Message{{Kind: Lend, Slot: 3, Shards: []Shard{{0, 1}, {2, 0}}}, {Kind: Ping}} {
		fds := []int{0, 1}[:len(m.Shards)]
		if err := Send(a, m, fds); err != nil {
			t.Fatal(err)
		}
	}
	empty := fill(t, 1)
	lost, _, err := Recv(b)
	next, _, errNext := Recv(b)
	empty()
	if !errors.Is(err, ErrNoRoom) || lost.Kind != Lend || lost.Slot != 3 || len(lost.Shards) != 2 {
		t.Errorf("got %+v, %v", lost, err)
	}
	if errNext != nil || next.Kind != Ping {
		t.Errorf("behind it: %+v, %v", next, errNext)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestConnectionFaults: one connection that does not come costs itself only.
func TestConnectionFaults(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(a)
	defer unix.Close(b)
	before := openFiles(t)
	for _, text := range []string{"", "abc", "abcd", "abcde"} {
		if err := unix.Sendmsg(a, []byte(text), nil, nil, 0); err != nil {
			t.Fatal(err)
		}
		if _, _, err := RecvConnection(b); !errors.Is(err, ErrNotUnderstood) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for range 2 {
		if err := SendConnection(a, 7, 0); err != nil {
			t.Fatal(err)
		}
	}
	empty := fill(t, 0)
	_, _, err := RecvConnection(b)
	empty()
	if !errors.Is(err, ErrNoRoom) {
		t.Errorf("without room: %v", err)
	}
	place, fd, err := RecvConnection(b)
	if err != nil || place != 7 {
		t.Errorf("behind it: %v, %v", place, err)
	}
	unix.Close(fd)
	for _, text := range []string{"", "abc"} {
		if err := unix.Sendmsg(b, []byte(text), nil, nil, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := Confirmed(a); !errors.Is(err, ErrNotUnderstood) {
			t.Errorf("%q confirms: %v", text, err)
		}
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func TestComplaints(t *testing.T) {
	var c Complaints
	now := time.Unix(1000, 0)
	said := 0
	for i := range 100 {
		if c.About(ErrNotUnderstood, now.Add(time.Duration(i)*time.Second/10)) != "" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("%d reports within %v", said, complaintTime)
	}
	if text := c.About(ErrNotUnderstood, now.Add(complaintTime)); !strings.Contains(text, "99 more") {
		t.Errorf("then %q", text)
	}
}

// TestPack: a Drain of any size can be sent, and says the same then.
func TestPack(t *testing.T) {
	for _, binds := range []int{1, 98 * 100} {
		m := Message{Kind: Drain, Places: [][]Place{make([]Place, binds)}}
		for i := range m.Places[0] {
			m.Places[0][i] = PlaceOf(Shard{Frontend: 90, Bind: i})
		}
		packed, fd, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Encode(packed); err != nil || (fd >= 0) != (binds > 1) {
			t.Fatalf("%d binds: descriptor %d, %v", binds, fd, err)
		}
		if fd < 0 {
			continue
		}
		if err := packed.Unpack([]int{0, fd}); err != nil || !reflect.DeepEqual(packed, m) {
			t.Errorf("%d binds came as %d, %v", binds, len(packed.Places), err)
		}
	}
}

func TestPeerGone(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(b)
	if err := Send(b, Message{Kind: Ping}, nil); err != nil {
		t.Fatal(err)
	}
	unix.Close(a)
	if _, _, err := Recv(b); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
	if err := Send(b, Message{Kind: Ping}, nil); !errors.Is(err, unix.EPIPE) {
		t.Errorf("sending to nobody: %v", err)
	}
}

func TestDecodeErrors(t *testing.T) {
	var version *VersionError
	if _, err := Decode([]byte(`{"Version":7,"Kind":"ping","New":true}`)); !errors.As(err, &version) || version.Got != 7 {
		t.Errorf("another version: %v", err)
	}
	var kind *KindError
	if _, err := Decode([]byte(`{"Version":2,"Kind":"sing"}`)); !errors.As(err, &kind) || kind.Kind != "sing" {
		t.Errorf("another kind: %v", err)
	}
	if _, err := Encode(Message{Kind: Bye, Profile: strings.Repeat("x", MaxMessage)}); err == nil {
		t.Error("a message that is too large was encoded")
	}
}

func TestConn(t *testing.T) {
	a, b := pair(t)
	defer unix.Close(b)
	c, err := NewConn(a)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Recv(time.Now().Add(20 * time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing came: %v", err)
	}
	got := make(chan Message, 1)
	go func() {
		m, _, _ := c.Recv(time.Now().Add(10 * time.Second))
		got <- m
	}()
	if err := Send(b, Message{Kind: Hello, Pid: 7}, nil); err != nil {
		t.Fatal(err)
	}
	if m := <-got; m.Kind != Hello || m.Pid != 7 {
		t.Errorf("got %+v", m)
	}
	for err == nil { // the peer reads nothing: the channel fills up
		err = c.Send(Message{Kind: Ping}, nil, time.Now().Add(20*time.Millisecond))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a full channel: %v", err)
	}
	closed := make(chan error, 1)
	go func() {
		_, _, err := c.Recv(time.Time{})
		closed <- err
	}()
	c.Close()
	if err := <-closed; err == nil {
		t.Error("a closed channel gave a message")
	}
}

func FuzzDecode(f *testing.F) {
	for kind := range kinds {
		b, err := Encode(Message{Kind: kind, Shards: []Shard{{1, 2}}, Reason: "x"})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"Version":2,"Kind":"ping","version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Encode(m)
		if err != nil {
			return // larger than what it came from, by escapes
		}
		if m2, err := Decode(again); err != nil || m2.Kind != m.Kind || len(m2.Shards) != len(m.Shards) {
			t.Errorf("%q became %+v, then %+v, %v", b, m, m2, err)
		}
	})
}

// TestCloseWhileReceiving: who waits for a message is told that the channel was closed here, and not of trouble with it.
func TestCloseWhileReceiving(t *testing.T) {
	mine, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(theirs)
	c, err := NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	waits := make(chan error)
	go func() {
		_, _, err := c.Recv(time.Time{})
		waits <- err
	}()
	<-time.After(10 * time.Millisecond) // so that it most likely waits; the outcome is the same if it does not
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waits; !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
}
