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
	if !slices.Contains(modes, t.Str("mode", "tcp")) {
		return // an error, and nobody knows which was meant
	}
	mode := modeOf(t)
	if mode != ModeHTTP {
		unheeded(t, ofHTTP, "it has no effect in mode "+mode.String()+": write "+t.Words.ModeHTTP+", or leave it out")
		unheededTimeouts(t, mode)
	}
	if v, _, _ := t.Find("forwardfor"); mode == ModeHTTP && !raw.Asks(v) {
		unheeded(t, ofForwardFor, "it has no effect without forwardfor: write forwardfor = true, or leave it out")
	}
	if mode == ModeHealth {
		unheeded(t, ofBackends, "it has no effect in mode health, which answers by itself: leave it out")
		return
	}
	if t.Scope&key.InBackend == 0 {
		return
	}
	if t.Str("dispatch", "") != "" && !(mode == ModeHTTP && servesByCookie(t)) {
		unheeded(t, ofServers, "it has no effect beside dispatch, to which everything goes: keep one of the two, or give a server a cookie")
	}
}

// servesByCookie says whether a client's cookie can name a server.
func servesByCookie(t *table) bool {
	v, _, _ := t.Find("cookie")
	servers, _, _ := t.Find("server")
	return raw.Asks(v) && slices.ContainsFunc(raw.Tables(servers), func(s map[string]any) bool { return raw.Asks(s["cookie"]) })
}

// unheeded warns of those of the keys that are written in the table itself, and ask for something.
func unheeded(t *table, names []string, why string) {
	for _, name := range names {
		if v, ok := t.Values[name]; ok && raw.Asks(v) {
			t.Warn(t.Place(name), "%s", why)
		}
	}
}

func unheededTimeouts(t *table, mode Mode) {
	own, _ := t.Values["timeout"].(map[string]any)
	unheeded(t.Inside("timeout", key.InTimeout, own), []string{"http_request", "http_keep_alive"}, "it has no effect in mode "+mode.String()+": leave it out")
}
