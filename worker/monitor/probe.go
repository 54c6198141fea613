package monitor

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/worker/monitor/check"
)

// probe is how a server is checked.
type probe struct {
	network string // "tcp" or "unix"
	address string
	source  *net.TCPAddr // nil: any
	request []byte       // nil: a connection is enough
	timeout time.Duration
}

// run checks once. It is bounded by the timeout. An outcome of None says that this process lacked the means, which tells
// nothing about the server; the error is the reason.
func (p *probe) run() (check.Outcome, error) {
	start := time.Now()
	o, err := p.exchange(start.Add(p.timeout))
	o.Took = time.Since(start).Milliseconds()
	return o, err
}

func (p *probe) exchange(deadline time.Time) (check.Outcome, error) {
	c, err := p.dial(deadline)
	if err != nil {
		return unconnected(err, p.source)
	}
	defer c.Close()
	if p.request == nil {
		return check.Outcome{Result: check.Connected}, nil
	}
	if err := c.SetDeadline(deadline); err != nil {
		return check.Outcome{Result: check.Invalid}, nil
	}
	if _, err := c.Write(p.request); err != nil {
		return unanswered(nil, err), nil
	}
	return hear(c), nil
}

// dial connects. A connection that is only made to see whether that is possible, or from a fixed port, ends with a reset:
// otherwise the kernel would keep its ports for a minute.
func (p *probe) dial(deadline time.Time) (net.Conn, error) {
	d := net.Dialer{Control: reuseAddress}
	if p.source != nil && p.network == "tcp" {
		d.LocalAddr = p.source
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	c, err := d.DialContext(ctx, p.network, p.address)
	if t, ok := c.(*net.TCPConn); ok && (p.request == nil || p.source != nil && p.source.Port != 0) {
		_ = t.SetLinger(0) // without it the connection ends politely, which is no harm
	}
	return c, err
}

func reuseAddress(_, _ string, raw syscall.RawConn) error {
	var err error
	if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }); e != nil {
		return e
	}
	return err
}

// unconnected is the outcome of a check that got no connection.
func unconnected(err error, source *net.TCPAddr) (check.Outcome, error) {
	if s := lacking(err, source); s != nil {
		return check.Outcome{}, s
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return check.Outcome{Result: check.ConnectTimeout}, nil
	}
	return check.Outcome{Result: check.ConnectFailed, Info: words(err)}, nil
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// words are the system's words for an error, with a capital letter as strerror(3) has it.
func words(err error) string {
	var e syscall.Errno
	if !errors.As(err, &e) {
		return ""
	}
	s := e.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// hear reads as much of a response as it takes to judge it.
func hear(c net.Conn) check.Outcome {
	buf := make([]byte, check.MaxLine)
	n := 0
	for {
		k, err := c.Read(buf[n:])
		n += k
		if err != nil {
			if isTimeout(err) {
				n += unread(c, buf[n:])
			}
			return unanswered(buf[:n], err)
		}
		if o, decided := check.Response(buf[:n], false); decided {
			return o
		}
	}
}

// unread takes what has come when the time is up. A Read whose deadline has passed does not look: after the machine, or this process,
// stood still, an answer that came in time would be too late.
func unread(c net.Conn, b []byte) (n int) {
	s, ok := c.(syscall.Conn)
	if !ok || c.SetReadDeadline(time.Time{}) != nil {
		return 0
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return 0
	}
	if raw.Read(func(fd uintptr) bool {
		n, err = unix.Read(int(fd), b)
		return true // and do not wait
	}) != nil || err != nil {
		return 0
	}
	return n
}

// unanswered judges what has come when nothing more will.
func unanswered(b []byte, err error) check.Outcome {
	o, _ := check.Response(b, true)
	if o.Result == check.Invalid && isTimeout(err) {
		return check.Outcome{Result: check.ReplyTimeout}
	}
	return o
}
