package master

import (
	"log/slog"
	"net/netip"

	"lbmaster/conf"
)

func tcpBind(address string, port int) conf.Bind {
	return conf.Bind{Network: "tcp", Addr: netip.MustParseAddr(address), Port: port, Line: 7}
}

func frontendWith(binds ...conf.Bind) *conf.Config {
	return &conf.Config{Frontends: []conf.Frontend{{Name: "web", Section: "listen.web", Mode: conf.ModeHTTP, Binds: binds}}}
}

// discard is where a master of a test says what it does.
var discard = slog.New(slog.DiscardHandler)
