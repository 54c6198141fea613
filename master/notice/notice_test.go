package notice

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lbmaster/conf"
)

// reader is a log server on a unix socket.
type reader struct {
	*net.UnixConn
	t *testing.T
}

func newReader(t *testing.T, path string) reader {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return reader{c, t}
}

// next is the next datagram, without its time and process id.
func (r reader) next() string {
	r.t.Helper()
	priority, rest, _ := strings.Cut(r.raw(), ">")
	_, text, _ := strings.Cut(rest, "]: ")
	return priority + "> " + text
}

// raw is the next datagram.
func (r reader) raw() string {
	r.t.Helper()
	b := make([]byte, 8192)
	if err := r.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	n, err := r.Read(b)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b[:n])
}

func talker(path, level string, lost *atomic.Uint64) *slog.Logger {
	quiet := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	target := conf.LogTarget{Target: "unix", Address: path, Facility: "local0", Level: level}
	log, err := AlsoTo(quiet, &conf.Config{Global: conf.Global{Log: []conf.LogTarget{{Target: "stderr"}, target}}}, lost)
	if err != nil {
		panic(err)
	}
	return log
}

func TestNotices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r := newReader(t, path)
	var lost atomic.Uint64
	log := talker(path, "", &lost)
	log.Debug("not for the log")
	log.Info("ready")
	log.Warn("not resumed", "why", "another program\nhas a port", "error", io.EOF)
	log.With("worker", 1).WithGroup("old").Error("worker died", "pid", 7)
	for _, want := range []string{
		"<133> ready\n",
		"<132> not resumed: why=\"another program\\nhas a port\" error=EOF\n",
		"<131> worker died: worker=1 old.pid=7\n",
	} {
		if got := r.next(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	log = talker(path, "warning", &lost)
	log.Info("ready")
	log.Warn("paused")
	if got := r.next(); got != "<132> paused\n" {
		t.Errorf("%q for a target that wants warnings", got)
	}
	if lost.Load() != 0 {
		t.Errorf("%d lines are lost", lost.Load())
	}
}

// TestNoticesSayFromWhom: names of the configuration stand in the header.
func TestNoticesSayFromWhom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	r := newReader(t, path)
	var lost atomic.Uint64
	target := conf.LogTarget{Target: "unix", Address: path, Facility: "local0"}
	c := &conf.Config{Global: conf.Global{Log: []conf.LogTarget{target}, LogTag: "edge", LogHost: "lb1"}}
	log, err := AlsoTo(slog.New(slog.DiscardHandler), c, &lost)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("ready")
	if got := r.raw(); !strings.Contains(got, " lb1 edge[") {
		t.Errorf("%q", got)
	}
}

// Whoever is away, slow, or there again: nobody waits.
func TestNoticesThatNobodyTakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var lost atomic.Uint64
	log := talker(path, "", &lost)
	log.Info("nobody is there")
	if lost.Load() != 1 {
		t.Errorf("%d lines are lost", lost.Load())
	}
	first := newReader(t, path)
	log.Info("first")
	if got := first.next(); got != "<133> first\n" {
		t.Error(got)
	}
	if err := errors.Join(first.Close(), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	second := newReader(t, path)
	log.Info("second")
	if got := second.next(); got != "<133> second\n" {
		t.Error(got)
	}
	const n = 10_000 // more than any queue of datagrams holds
	for range n {
		log.Info("x")
	}
	if l := lost.Load(); l < 2 || l > n {
		t.Errorf("%d lines are lost of %d that nobody reads", l, n)
	}
}
