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
	"lbmaster/worker/loop"
)

// Writer is what the logs of a worker share: the targets, and memory for one line. It belongs to the loop.
type Writer struct {
	loop      *loop.Loop
	sinks     []*sink
	notices   []target // for what the operator must know
	dropped   *stats.Counter
	reopen    func() // asks for other sockets, which come with SetSockets; nil: there are none
	mendAt    int64  // ms: when to call it again at the earliest
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
		dropped: dropped,
		reopen:  reopen,
		clock:   logline.NewClock(time.Local),
		text:    make([]byte, 0, maxLine),
		line:    make([]byte, 0, maxLine),
	}
	w.openSinks(c, files)
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

// send gives the text of a line to a target.
func (w *Writer) send(t *target) {
	w.line = w.line[:0]
	if t.header != nil {
		w.line = t.header.Append(w.line, w.loop.Wall())
	}
	w.line = append(w.line, w.text...)
	w.line = append(w.line, '\n')
	if !t.sink.write(w.line) {
		w.dropped.Add(1)
		w.mend(t.sink)
	}
}

// mendTime is how long a worker waits before it asks for other log sockets again, in ms.
const mendTime = 1000

// mend asks for another socket when nobody is at the other end of a sink any more.
func (w *Writer) mend(k *sink) {
	if k.broken && w.loop.Now() >= w.mendAt && w.reopen != nil {
		w.mendAt = w.loop.Now() + mendTime
		w.reopen()
	}
}
