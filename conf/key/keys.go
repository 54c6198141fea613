// Package key has the keys of lbmaster's own language, and says where each may be written. It is pure.
package key

import "slices"

// Scope is where a key may be written.
type Scope uint8

const (
	InGlobal Scope = 1 << iota
	InAdmin
	InFrontend
	InBackend
	InServer
	InTimeout
	InCookie
	InCapture
)

// InListen is both sides of a proxy, and what [defaults] may have.
const InListen = InFrontend | InBackend

// Anywhere is all of them.
const Anywhere = ^Scope(0)

// InSection is the scope of the sections of a kind that have names.
func InSection(kind string) Scope {
	return map[string]Scope{"listen": InListen, "frontend": InFrontend, "backend": InBackend}[kind]
}

// key is one key of the language.
type key struct {
	name  string
	scope Scope
}

// keys is the one table of all keys.
var keys = []key{
	{name: "workers", scope: InGlobal},
	{name: "user", scope: InGlobal | InAdmin},
	{name: "group", scope: InGlobal | InAdmin},
	{name: "chroot", scope: InGlobal},
	{name: "maxconn", scope: InGlobal | InFrontend},
	{name: "ulimit_n", scope: InGlobal},
	{name: "pidfile", scope: InGlobal},
	{name: "daemon", scope: InGlobal},
	{name: "quiet", scope: InGlobal},
	{name: "log", scope: InGlobal | InFrontend},
	{name: "log_tag", scope: InGlobal | InFrontend},
	{name: "log_send_hostname", scope: InGlobal},
	{name: "hard_stop_after", scope: InGlobal},
	{name: "orphan_time", scope: InGlobal},
	{name: "upgrade_timeout", scope: InGlobal},
	{name: "max_generations", scope: InGlobal},
	{name: "cpu_affinity", scope: InGlobal},

	{name: "socket", scope: InAdmin},
	{name: "listen", scope: InAdmin},
	{name: "public", scope: InAdmin},
	{name: "hosts", scope: InAdmin},
	{name: "pprof", scope: InAdmin},

	{name: "bind", scope: InFrontend},
	{name: "default_backend", scope: InFrontend},
	{name: "monitor_net", scope: InFrontend},
	{name: "max_header", scope: InFrontend},
	{name: "grace", scope: InFrontend},
	{name: "dontlognull", scope: InFrontend},
	{name: "defer_accept", scope: InFrontend},
	{name: "free_bind", scope: InFrontend},
	{name: "clitcpka", scope: InFrontend},
	{name: "log_format", scope: InFrontend},
	{name: "logasap", scope: InFrontend},
	{name: "capture_cookie", scope: InFrontend},
	{name: "capture_request_headers", scope: InFrontend},
	{name: "capture_response_headers", scope: InFrontend},

	{name: "mode", scope: InListen | InAdmin},
	{name: "httpclose", scope: InListen},
	{name: "forwardfor", scope: InListen},
	{name: "forwardfor_header", scope: InListen},
	{name: "forwardfor_except", scope: InListen},
	{name: "forwarded", scope: InListen},
	{name: "nolinger", scope: InListen},
	{name: "errorfile", scope: InListen},
	{name: "timeout", scope: InListen},

	{name: "balance", scope: InBackend},
	{name: "dispatch", scope: InBackend},
	{name: "cookie", scope: InBackend | InServer},
	{name: "httpchk", scope: InBackend},
	{name: "log_health_checks", scope: InBackend},
	{name: "persist", scope: InBackend},
	{name: "redispatch", scope: InBackend},
	{name: "allbackups", scope: InBackend},
	{name: "abortonclose", scope: InBackend},
	{name: "srvtcpka", scope: InBackend},
	{name: "accept_invalid_responses", scope: InBackend},
	{name: "retries", scope: InBackend},
	{name: "source", scope: InBackend | InServer},
	{name: "server", scope: InBackend},

	{name: "name", scope: InServer | InCookie | InCapture},
	{name: "len", scope: InCapture},
	{name: "address", scope: InServer},
	{name: "check", scope: InServer},
	{name: "check_port", scope: InServer},
	{name: "inter", scope: InServer},
	{name: "fastinter", scope: InServer},
	{name: "downinter", scope: InServer},
	{name: "rise", scope: InServer},
	{name: "fall", scope: InServer},
	{name: "backup", scope: InServer},
	{name: "disabled", scope: InServer},
	{name: "track", scope: InServer},
	{name: "on_marked_down", scope: InServer},
	{name: "weight", scope: InServer},

	{name: "connect", scope: InTimeout},
	{name: "client", scope: InTimeout},
	{name: "server", scope: InTimeout},
	{name: "http_request", scope: InTimeout},
	{name: "http_keep_alive", scope: InTimeout},
	{name: "check", scope: InTimeout},
	{name: "tunnel", scope: InTimeout},
	{name: "client_fin", scope: InTimeout},
	{name: "server_fin", scope: InTimeout},

	{name: "mode", scope: InCookie},
	{name: "indirect", scope: InCookie},
	{name: "nocache", scope: InCookie},
	{name: "postonly", scope: InCookie},
}

// Known says whether there is such a key in a scope.
func Known(name string, where Scope) bool { return Rank(name, where) >= 0 }

// Rank is the place of a key in the order of the language, among all keys; -1: there is none in that scope.
func Rank(name string, where Scope) int {
	return slices.IndexFunc(keys, func(k key) bool { return k.name == name && k.scope&where != 0 })
}

// Names are the names of all keys of a scope.
func Names(where Scope) []string {
	var all []string
	for _, k := range keys {
		if k.scope&where != 0 {
			all = append(all, k.name)
		}
	}
	return all
}
