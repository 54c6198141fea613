// Package notice sends what the master says to the log targets of the instance too: who reads of requests finds beside them that a worker has
// died.
package notice

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/syslog"
)

// AlsoTo makes what is said go to the log targets of the instance too, besides where log says it: a daemon has no other
// place, and who reads of requests wants to read why a worker ended beside them. What is only for debugging stays here.
func AlsoTo(log *slog.Logger, c *conf.Config, lost *atomic.Uint64) (*slog.Logger, error) {
	from := syslog.Here(c.Global.LogHost, c.LogTag(nil))
	all := []slog.Handler{log.Handler()}
	for _, t := range c.Global.Log {
		if !t.Socket() {
			continue
		}
		lines, err := syslog.NewNotices(t.Facility, t.Level, from, time.Local)
		if err != nil {
			return nil, fmt.Errorf("log of global: %w", err)
		}
		all = append(all, newNotices(t, lines, lost))
	}
	return slog.New(slog.NewMultiHandler(all...)), nil
}

// notices is a log target for what the master says. Like every log target it is never waited for: what it does not take is
// lost, and counted.
type notices struct {
	syslog.Notices
	socket     *noticeSocket
	attributes func(to io.Writer) slog.Handler // writes those of a record as text
}

func newNotices(t conf.LogTarget, lines syslog.Notices, lost *atomic.Uint64) *notices {
	bare := &slog.HandlerOptions{ReplaceAttr: withoutBuiltIn}
	return &notices{
		Notices:    lines,
		socket:     &noticeSocket{target: syslog.Target{Network: t.Target, Address: t.Address}, fd: -1, lost: lost},
		attributes: func(to io.Writer) slog.Handler { return slog.NewTextHandler(to, bare) },
	}
}

// withoutBuiltIn leaves out what the header of a datagram, or the text before the attributes, says already.
func withoutBuiltIn(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// levelOf is a level in syslog's words. Requests are logged as info: what the instance does matters more.
func levelOf(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "err"
	case l >= slog.LevelWarn:
		return "warning"
	case l >= slog.LevelInfo:
		return "notice"
	}
	return "debug"
}

// Enabled says whether the target wants lines of a level.
func (n *notices) Enabled(_ context.Context, l slog.Level) bool {
	return l >= slog.LevelInfo && n.Admits(levelOf(l))
}

// Handle sends a record as one line: the message, and its attributes.
func (n *notices) Handle(ctx context.Context, r slog.Record) error {
	var details bytes.Buffer
	if err := n.attributes(&details).Handle(ctx, r); err != nil {
		return err
	}
	text := strings.TrimSpace(r.Message + ": " + details.String())
	n.socket.send(n.Datagram(levelOf(r.Level), strings.TrimSuffix(text, ":"), r.Time.UnixMilli()))
	return nil
}

// WithAttrs is for slog.Handler.
func (n *notices) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *n
	with.attributes = func(to io.Writer) slog.Handler { return n.attributes(to).WithAttrs(attrs) }
	return &with
}

// WithGroup is for slog.Handler.
func (n *notices) WithGroup(name string) slog.Handler {
	with := *n
	with.attributes = func(to io.Writer) slog.Handler { return n.attributes(to).WithGroup(name) }
	return &with
}

// noticeSocket is the master's own way to a log target. It is opened when there is something to send, and once more when that
// fails: whoever reads there may have been started again.
type noticeSocket struct {
	target syslog.Target
	lost   *atomic.Uint64 // lines that the target did not take

	mu sync.Mutex
	fd int // guarded by mu; -1: not open
}

func (s *noticeSocket) send(line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 2 {
		err := s.try(line)
		if err == nil {
			return
		}
		if err == unix.EAGAIN { // it reads too slowly
			break
		}
		s.close()
	}
	s.lost.Add(1)
}

func (s *noticeSocket) try(line []byte) (err error) {
	if s.fd < 0 {
		if s.fd, err = syslog.Dial(s.target); err != nil {
			return err
		}
	}
	return unix.Sendto(s.fd, line, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, nil)
}

func (s *noticeSocket) close() {
	if s.fd >= 0 {
		_ = unix.Close(s.fd) // nothing depends on it
	}
	s.fd = -1
}
