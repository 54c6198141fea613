package conf

import (
	"slices"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

// ofHTTP are the keys of a section that only mode http heeds. monitor_net and defer_accept work in mode tcp too, and httpchk checks the
// servers of any mode.
var ofHTTP = []string{
	"httpclose", "forwardfor", "forwardfor_header", "forwardfor_except", "forwarded", "errorfile", "capture_cookie", "capture_request_headers", "capture_response_headers", "cookie", "persist",
	"accept_invalid_responses", "max_header",
}

// ofForwardFor are the keys that say how forwardfor is meant.
var ofForwardFor = []string{"forwardfor_header", "forwardfor_except", "forwarded"}

// ofServers are the keys that are about servers. Beside a dispatch, requests reach one only by its cookie.
var ofServers = []string{"server", "persist", "redispatch", "allbackups", "httpchk", "log_health_checks"}

// ofBackends are the keys of a listen section in mode health, which passes nothing on.
var ofBackends = []string{"server", "balance", "dispatch", "redispatch", "allbackups", "retries", "source", "default_backend", "abortonclose", "srvtcpka", "log_health_checks"}

// withoutEffect warns of keys of a section that change nothing. What is in [defaults] is for all sections, whatever their mode.
func (p *parser) withoutEffect(t *table) {
	if !slices.Contains(modes, t.str("mode", "tcp")) {
		return // an error, and nobody knows which was meant
	}
	mode := t.mode()
	if mode != ModeHTTP {
		t.unheeded(ofHTTP, "it has no effect in mode "+mode.String()+": write "+t.words.ModeHTTP+", or leave it out")
		t.unheededTimeouts(mode)
	}
	if v, _, _ := t.find("forwardfor"); mode == ModeHTTP && !raw.Asks(v) {
		t.unheeded(ofForwardFor, "it has no effect without forwardfor: write forwardfor = true, or leave it out")
	}
	if mode == ModeHealth {
		t.unheeded(ofBackends, "it has no effect in mode health, which answers by itself: leave it out")
		return
	}
	if t.scope&key.InBackend == 0 {
		return
	}
	if t.str("dispatch", "") != "" && !(mode == ModeHTTP && t.servesByCookie()) {
		t.unheeded(ofServers, "it has no effect beside dispatch, to which everything goes: keep one of the two, or give a server a cookie")
	}
}

// servesByCookie says whether a client's cookie can name a server.
func (t *table) servesByCookie() bool {
	v, _, _ := t.find("cookie")
	servers, _, _ := t.find("server")
	return raw.Asks(v) && slices.ContainsFunc(raw.Tables(servers), func(s map[string]any) bool { return raw.Asks(s["cookie"]) })
}

// unheeded warns of those of the keys that are written in the table itself, and ask for something.
func (t *table) unheeded(names []string, why string) {
	for _, name := range names {
		if v, ok := t.values[name]; ok && raw.Asks(v) {
			t.Warn(t.place(name), "%s", why)
		}
	}
}

func (t *table) unheededTimeouts(mode Mode) {
	own, _ := t.values["timeout"].(map[string]any)
	timeout := &table{parser: t.parser, path: t.key("timeout"), values: own}
	timeout.unheeded([]string{"http_request", "http_keep_alive"}, "it has no effect in mode "+mode.String()+": leave it out")
}
