package proxy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"lbmaster/conf"
)

// configure changes the configuration of a scene: words like client=1s or redispatch.
func (s *scene) configure(words []string) {
	if s.proxy != nil {
		s.fatal("the proxy runs already")
	}
	f, b := &s.config.Frontends[0], &s.config.Backends[0]
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "client":
			f.Timeout.Client = s.duration(value)
		case "http_request":
			f.Timeout.HTTPRequest = s.duration(value)
		case "http_keep_alive":
			f.Timeout.HTTPKeepAlive = s.duration(value)
		case "connect":
			b.Timeout.Connect = s.duration(value)
		case "on_marked_down":
			for i := range b.Servers {
				b.Servers[i].OnDown = conf.OnDownShutdown
			}
		case "abortonclose":
			b.AbortOnClose = true
		case "nolinger":
			f.NoLinger, b.NoLinger = true, true
		case "client_fin":
			f.Timeout.ClientFin = s.duration(value)
		case "server_fin":
			b.Timeout.ServerFin = s.duration(value)
		case "tunnel":
			b.Timeout.Tunnel = s.duration(value)
		case "server":
			b.Timeout.Server = s.duration(value)
		case "retries":
			b.Retries = s.number(value)
		case "redispatch":
			b.Redispatch = true
		case "servers":
			b.Servers = nil
			for i := range s.number(value) {
				b.Servers = append(b.Servers, conf.Server{
					Name: string(rune('a' + i)), Cookie: string(rune('A' + i)), Weight: 1,
					Address: conf.Address{IP: netip.MustParseAddr("10.0.1.1"), Port: 8000 + i},
				})
			}
		case "cookie":
			b.Cookie = &conf.Cookie{Name: value, Mode: conf.CookieInsert, Indirect: true}
		case "mode":
			f.Mode = map[string]conf.Mode{"tcp": conf.ModeTCP, "http": conf.ModeHTTP}[value]
			b.Mode = f.Mode
		case "logasap":
			f.LogASAP = true
		case "log":
			f.LogFormat = value
		case "dontlognull":
			f.DontLogNull = true
		case "weight":
			b.Servers[0].Weight = s.number(value)
		case "dispatch":
			b.Dispatch, b.Servers, b.Cookie = &b.Servers[0].Address, nil, nil
		case "httpclose":
			f.HTTPClose = true
		case "max_header":
			f.MaxHeader = s.number(value)
		default:
			s.fatal("there is no %s to configure", key)
		}
	}
}

func (s *scene) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.fatal("%v", err)
	}
	return d
}

func (s *scene) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		s.fatal("%v", err)
	}
	return n
}
