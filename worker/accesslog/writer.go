package accesslog

import (
	"io"
	"net/netip"
	"strconv"
	"time"

	"lbmaster/conf"
	"lbmaster/shared/stats"
	"lbmaster/shared/syslog"
	"lbmaster/worker/logline"
	"lbmaster/worker/logsink"
	"lbmaster/worker/loop"
)

// Writer is what the logs of a worker share: the targets, and memory for one line. It belongs to the loop.
type Writer struct {
	loop      *loop.Loop
	sinks     *logsink.Sinks
	notices   []notices // for what the operator must know
	dropped   *stats.Counter
	clock     *logline.Clock
	record    logline.Record // of the line that is being written
	peerText  [64]byte
	localText [64]byte
	text      []byte
	line      []byte
}

// maxLine is the size in bytes that no line exceeds, with what stands before it.
const maxLine = logline.MaxLine + syslog.MaxHeader + len("\n")

// NewWriter makes the writer for the log targets of a configuration. files are standard output and error, by name. Lines that no target
// takes are counted.
func NewWriter(c *conf.Config, files map[string]io.Writer, l *loop.Loop, dropped *stats.Counter, reopen func()) (*Writer, error) {
	w := &Writer{
		loop:    l,
		sinks:   logsink.New(c, files, reopen),
		dropped: dropped,
		clock:   logline.NewClock(time.Local),
		text:    make([]byte, 0, maxLine),
		line:    make([]byte, 0, maxLine),
	}
	return w, w.openNotices(c)
}

// Client is a client's address and port as HAProxy shows them, without brackets; one that is not valid came to a unix socket. The text is
// good until the next one.
func (w *Writer) Client(c netip.AddrPort) []byte {
	dst := w.peerText[:0]
	if !c.IsValid() {
		return append(dst, "unix:1"...)
	}
	dst = c.Addr().AppendTo(dst)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(c.Port()), 10)
}

// SetSockets is that of logsink.Sinks.
func (w *Writer) SetSockets(sockets []int) { w.sinks.SetSockets(sockets) }

// Close closes the sockets.
func (w *Writer) Close() { w.sinks.Close() }
