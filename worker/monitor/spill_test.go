package monitor

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
)

// reader is a client that checks that others can have their turn while it reads.
type reader struct {
	strings.Builder
	turn *sync.Mutex
	err  error
	t    *testing.T
}

func (r *reader) Write(p []byte) (int, error) {
	if !r.turn.TryLock() {
		r.t.Error("others wait for the client")
		return 0, r.err
	}
	r.turn.Unlock()
	r.Builder.Write(p)
	return len(p), r.err
}

// TestSpill: of a long answer never more than a piece is kept, and all of it arrives in order; a short one is left in the buffer.
func TestSpill(t *testing.T) {
	var turn sync.Mutex
	turn.Lock()
	var b bytes.Buffer
	client := &reader{turn: &turn, t: t}
	s := &spill{&b, client, &turn}
	want := ""
	for i := range 40 {
		piece := strings.Repeat(string(rune('a'+i%26)), 10_000)
		want += piece
		if n, err := s.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		if b.Len() >= spillSize || i == 0 && client.Len() > 0 {
			t.Errorf("piece %d: %d bytes are kept, %d written", i, b.Len(), client.Len())
		}
	}
	if client.String()+b.String() != want {
		t.Error("something else arrived")
	}
	if turn.TryLock() {
		t.Error("the turn is over too early")
	}
	client.err = errors.New("gone")
	if _, err := s.Write(make([]byte, spillSize)); !errors.Is(err, client.err) {
		t.Errorf("a client that is gone: %v", err)
	}
}
