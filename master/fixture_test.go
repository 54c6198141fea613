package master

import (
	"log/slog"
	"net/netip"
	"testing"

	"lbmaster/conf"
	"lbmaster/master/child"
	"lbmaster/shared/control"
)

func tcpBind(address string, port int) conf.Bind {
	return conf.Bind{Network: "tcp", Addr: netip.MustParseAddr(address), Port: port, Line: 7}
}

func frontendWith(binds ...conf.Bind) *conf.Config {
	return &conf.Config{Frontends: []conf.Frontend{{Name: "web", Section: "listen.web", Mode: conf.ModeHTTP, Binds: binds}}}
}

// discard is where a master of a test says what it does.
var discard = slog.New(slog.DiscardHandler)

// correspondents are a child as the master has it, and the child's end of its channel.
func correspondents(t *testing.T) (*child.Child, int) {
	t.Helper()
	mine, theirs, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := control.NewConn(mine)
	if err != nil {
		t.Fatal(err)
	}
	c := child.New(child.Name{Title: "worker 0"}, conn, &child.RealKernel, discard)
	c.ControlFD = mine
	return c, theirs
}
