package control

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"lbmaster/shared/shm"
)

// places are what a Drain says of the next generation. Those that are too many for a message are in a sealed memory file, whose
// descriptor comes behind that of the channel.
type places struct {
	Places [][]Place `json:"Heirs"`
	Exact  map[netip.AddrPort]Place
}

// Pack is the message as it fits into a datagram, with the descriptor of a file for what does not; -1: there is none. The
// descriptor is the caller's.
func (m Message) Pack() (Message, int, error) {
	if _, err := Encode(m); err == nil {
		return m, -1, nil
	}
	text, err := json.Marshal(places{m.Places, m.Exact})
	if err != nil {
		return m, -1, fmt.Errorf("control message %s: %w", m.Kind, err)
	}
	m.Places, m.Exact = nil, nil
	fd, err := shm.Seal("lbmaster-places", text)
	return m, fd, err
}

// Unpack is the inverse of Pack, for a Drain that came with fds, of which it closes all but the first one, the channel.
func (m *Message) Unpack(fds []int) error {
	if len(fds) < 2 {
		return nil
	}
	defer CloseAll(fds[1:])
	text, err := shm.Unseal(fds[1])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotUnderstood, err)
	}
	var p places
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("%w: %w", ErrNotUnderstood, err)
	}
	m.Places, m.Exact = p.Places, p.Exact
	return nil
}
