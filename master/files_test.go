package master

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
)

func TestWorkerFiles(t *testing.T) {
	c := frontendWith(tcpBind("127.0.0.1", 1), tcpBind("127.0.0.1", 2))
	if got := workerFiles(c, 10); got != 2*10+4*10+2+spareFiles {
		t.Errorf("10 sessions: %d", got)
	}
	if got := workerFiles(c, 10_000); got != 2*10_000+sparePipes+2+spareFiles {
		t.Errorf("10,000 sessions: %d", got)
	}
	c.Global.UlimitN = 77
	if got := workerFiles(c, 10_000); got != 77 {
		t.Errorf("with a limit of its own: %d", got)
	}
}

// A master has each socket that it hands over three times, in an upgrade.
func TestMasterFiles(t *testing.T) {
	c := frontendWith(tcpBind("127.0.0.1", 1), tcpBind("127.0.0.1", 2), conf.Bind{Network: "unix", Path: "/x"})
	c.Global.MaxGenerations = 2
	if got, want := masterFiles(c, 8), uint64(3*(8+8+1+2+2*9*filesOfChild)+spareFiles); got != want {
		t.Errorf("%d, want %d", got, want)
	}
}

// TestRaiseFilesWarns: a limit that nobody may have is named, together with what is needed.
func TestRaiseFilesWarns(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	const beyond = 1 << 30 // fs.nr_open is far below
	hard := int(limit.Max)
	for _, c := range []struct {
		name    string
		global  conf.Global
		workers int
		want    string
	}{
		{"enough", conf.Global{Maxconn: 10}, 1, ""},
		{"too many", conf.Global{Maxconn: beyond / 2}, 1, "too low for global.maxconn:"},
		{"shared", conf.Global{Maxconn: hard * 3 / 4}, 4, "when the others die"},
		{"master", conf.Global{Maxconn: 10}, hard / 3, "too low for the master to be upgraded"},
		{"named", conf.Global{Maxconn: 10, UlimitN: beyond}, 1, "below global.ulimit_n"},
	} {
		if hard >= beyond || (c.name == "shared" || c.name == "master") && mayRaise(t, limit) {
			continue
		}
		var said bytes.Buffer
		m := &master{log: slog.New(slog.NewTextHandler(&said, nil)), config: &conf.Config{Global: c.global, Frontends: frontendWith(tcpBind("127.0.0.1", 1)).Frontends}}
		m.raiseFiles(c.workers)
		if got := said.String(); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: said %q, want %q", c.name, got, c.want)
		}
	}
}

// mayRaise says whether this process may raise the hard limit at all.
func mayRaise(t *testing.T, limit unix.Rlimit) bool {
	t.Helper()
	n, err := allowFiles(limit.Max + 1)
	return err != nil || n > limit.Max
}
