package monitor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"lbmaster/shared/faults"
	"lbmaster/shared/status"
	"lbmaster/worker/monitor/admin"
	"lbmaster/worker/monitor/tally"
)

// talkTime bounds the wait for a line, and for a reader of an answer.
const talkTime = 30 * time.Second

// serveSocket serves the admin socket.
func (m *monitor) serveSocket(l net.Listener) service {
	limited, open := newLimitListener(l), newTalks()
	go func() {
		for {
			c, err := limited.Accept()
			if err != nil {
				return
			}
			open.enter(c)
			go m.talk(c, open)
		}
	}()
	finish := func(ctx context.Context) {
		_ = limited.Close() // nothing depends on the outcome
		open.end()
		limited.waitEmpty(ctx)
	}
	return service{finish}
}

// talk is one connection of the admin socket: a line of commands, and in prompt mode any number of lines.
func (m *monitor) talk(c net.Conn, open *talks) {
	defer open.leave(c)
	defer c.Close()
	r := bufio.NewReaderSize(c, admin.MaxLine)
	prompt := false
	for {
		if err := open.patience(c); err != nil {
			return
		}
		line, err := r.ReadSlice('\n')
		if err != nil && len(line) == 0 || errors.Is(err, bufio.ErrBufferFull) {
			return
		}
		if conn, ok := c.(*limitedConn); ok {
			conn.setBusy()
		}
		quit := m.answer(c, string(line), &prompt)
		if quit || !prompt || err != nil {
			return
		}
		if conn, ok := c.(*limitedConn); ok {
			conn.setIdle()
		}
	}
}

// answer carries out a line of commands.
func (m *monitor) answer(c net.Conn, line string, prompt *bool) (quit bool) {
	commands := admin.Split(line)
	for _, words := range commands {
		if len(words) == 0 && len(commands) > 1 {
			continue
		}
		var b bytes.Buffer
		command, err := admin.Parse(words)
		switch {
		case err != nil:
			b.WriteString(err.Error())
		case command.Verb == admin.Quit:
			return true
		case command.Verb == admin.Prompt:
			*prompt = !*prompt
		default:
			m.execute(&b, c, &command)
		}
		b.WriteString("\n")
		if *prompt {
			b.WriteString("> ")
		}
		if _, err := c.Write(b.Bytes()); err != nil {
			return true
		}
	}
	return false
}

// execute carries out one command. What is too much for b goes to the client at once.
func (m *monitor) execute(b *bytes.Buffer, client io.Writer, c *admin.Command) {
	var text string
	var in *tally.Instance
	var shown map[place]*faults.Reader
	act := func() { in = m.picture(time.Now()) }
	switch c.Verb {
	case admin.ShowErrors:
		act = func() { in, shown = m.picture(time.Now()), maps.Clone(m.faults) }
	case admin.GetWeight:
		act = func() { text = m.onServer(c, time.Now().UnixMilli()) }
	case admin.SetState, admin.SetHealth, admin.SetWeight, admin.SetAddress:
		act = func() { text = m.unlessReplaced(func() string { return m.onServer(c, time.Now().UnixMilli()) }) }
	case admin.ClearCounters:
		act = func() { text = m.unlessReplaced(func() string { m.forget(c.All, time.Now()); return "" }) }
	case admin.Help:
		act, text = nil, admin.HelpText(c.Topic)
	}
	if act != nil {
		if err := m.ask(act); err != nil {
			b.WriteString(err.Error() + "\n")
			return
		}
	}
	b.WriteString(text)
	if in == nil {
		return
	}
	// One at a time: whoever asks for much gets it when others have had their turn.
	m.rendering.Lock()
	defer m.rendering.Unlock()
	if shown != nil {
		in.Faults = readFaults(shown)
	}
	if err := show(&spill{b, client, &m.rendering}, in, c); err != nil {
		b.WriteString(err.Error())
	}
}

// spill fills a buffer, and writes it to the client whenever there is much in it: show stat json of a thousand servers has more than
// 10 MB. Others have their turn meanwhile.
type spill struct {
	b      *bytes.Buffer
	client io.Writer
	turn   sync.Locker
}

// spillSize is more than any short answer has, which is written in one go.
const spillSize = 64 << 10

func (s *spill) Write(p []byte) (int, error) {
	n, err := s.b.Write(p)
	if err != nil || s.b.Len() < spillSize {
		return n, err
	}
	s.turn.Unlock()
	defer s.turn.Lock()
	_, err = s.client.Write(s.b.Bytes())
	s.b.Reset()
	return n, err
}

// show writes what a command asks to see.
func show(b io.Writer, in *tally.Instance, c *admin.Command) error {
	switch c.Verb {
	case admin.ShowStat:
		return admin.WriteStat(b, in, &c.Filter, c.Format)
	case admin.ShowInfo:
		return admin.WriteInfo(b, in, c.Format)
	case admin.ShowState:
		return admin.WriteState(b, in, c.Backend)
	case admin.ShowSess:
		return admin.WriteSess(b, in)
	case admin.ShowWorkers:
		return admin.WriteWorkers(b, in)
	case admin.ShowGenerations:
		return admin.WriteGenerations(b, in)
	case admin.ShowErrors:
		return admin.WriteErrors(b, in, c)
	case admin.ShowVersion:
		_, err := io.WriteString(b, in.Process.Version+"\n")
		return err
	}
	return nil
}

// onServer carries out a command that is about a server, and returns what to say.
func (m *monitor) onServer(c *admin.Command, now int64) string {
	t, refusal := m.find(c.Backend, c.Server)
	if t == nil {
		return refusal
	}
	switch c.Verb {
	case admin.SetState:
		m.setAdmin(t, status.Admin(c.State), now)
	case admin.SetHealth:
		if t.tracks != nil {
			return "cannot change health on a tracking server.\n"
		}
		m.setHealth(t, status.Op(c.Health), now)
	case admin.SetWeight:
		weight := c.Weight
		if c.Percent {
			weight = min(t.conf.Weight*c.Weight/100, 256)
		}
		m.setWeight(t, weight, now)
	case admin.SetAddress:
		return m.setAddress(t, c.IP, c.Port)
	case admin.GetWeight:
		return fmt.Sprintf("%d (initial %d)\n", m.board.Load(t.slot).Weight, t.conf.Weight)
	}
	return ""
}

// find finds a server by its name.
func (m *monitor) find(backend, server string) (t *target, refusal string) {
	for _, b := range m.backends {
		if b.name != backend {
			continue
		}
		for _, t := range b.targets {
			if t.conf.Name == server {
				return t, ""
			}
		}
		return nil, "No such server.\n"
	}
	return nil, "No such backend.\n"
}

// setAddress changes where a server is reached, and checked. It says what has changed.
func (m *monitor) setAddress(t *target, ip netip.Addr, port int) string {
	if t.conf.Address.Path != "" || t.conf.Address.Mapped {
		return "The address of this server cannot be changed: it is a path, or has no port of its own.\n"
	}
	at := m.board.Address(t.slot)
	if !at.IsValid() {
		at = netip.AddrPortFrom(t.conf.Address.IP, uint16(t.conf.Address.Port))
	}
	var said []string
	if ip == at.Addr() {
		said = append(said, "no need to change the addr")
	} else {
		said = append(said, fmt.Sprintf("IP changed from '%s' to '%s'", at.Addr(), ip))
	}
	switch {
	case port == 0:
		port = int(at.Port())
	case port == int(at.Port()):
		said = append(said, "no need to change the port")
	default:
		said = append(said, fmt.Sprintf("port changed from '%d' to '%d'", at.Port(), port))
	}
	if to := netip.AddrPortFrom(ip, uint16(port)); to != at {
		m.board.StoreAddress(t.slot, to)
		t.probe.address = checkAddress(t.conf, to)
		t.round++ // a check of the old address does not count
	}
	return strings.Join(said, ", ") + " by 'stats socket command'\n"
}
