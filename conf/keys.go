package conf

// scope is where a key may be written.
type scope uint8

const (
	inGlobal scope = 1 << iota
	inAdmin
	inFrontend
	inBackend
	inServer
	inTimeout
	inCookie
	inCapture
)

// inListen is both sides of a proxy, and what [defaults] may have.
const inListen = inFrontend | inBackend

// key is one key of the language.
type key struct {
	name  string
	scope scope
}

// keys is the one table of all keys.
var keys = []key{
	{name: "workers", scope: inGlobal},
	{name: "user", scope: inGlobal | inAdmin},
	{name: "group", scope: inGlobal | inAdmin},
	{name: "chroot", scope: inGlobal},
	{name: "maxconn", scope: inGlobal | inFrontend},
	{name: "ulimit_n", scope: inGlobal},
	{name: "pidfile", scope: inGlobal},
	{name: "daemon", scope: inGlobal},
	{name: "quiet", scope: inGlobal},
	{name: "log", scope: inGlobal | inFrontend},
	{name: "log_tag", scope: inGlobal | inFrontend},
	{name: "log_send_hostname", scope: inGlobal},
	{name: "hard_stop_after", scope: inGlobal},
	{name: "orphan_time", scope: inGlobal},
	{name: "upgrade_timeout", scope: inGlobal},
	{name: "max_generations", scope: inGlobal},
	{name: "cpu_affinity", scope: inGlobal},

	{name: "socket", scope: inAdmin},
	{name: "listen", scope: inAdmin},
	{name: "public", scope: inAdmin},
	{name: "hosts", scope: inAdmin},
	{name: "pprof", scope: inAdmin},

	{name: "bind", scope: inFrontend},
	{name: "default_backend", scope: inFrontend},
	{name: "monitor_net", scope: inFrontend},
	{name: "max_header", scope: inFrontend},
	{name: "grace", scope: inFrontend},
	{name: "dontlognull", scope: inFrontend},
	{name: "defer_accept", scope: inFrontend},
	{name: "free_bind", scope: inFrontend},
	{name: "clitcpka", scope: inFrontend},
	{name: "log_format", scope: inFrontend},
	{name: "logasap", scope: inFrontend},
	{name: "capture_cookie", scope: inFrontend},
	{name: "capture_request_headers", scope: inFrontend},
	{name: "capture_response_headers", scope: inFrontend},

	{name: "mode", scope: inListen | inAdmin},
	{name: "httpclose", scope: inListen},
	{name: "forwardfor", scope: inListen},
	{name: "forwardfor_header", scope: inListen},
	{name: "forwardfor_except", scope: inListen},
	{name: "forwarded", scope: inListen},
	{name: "nolinger", scope: inListen},
	{name: "errorfile", scope: inListen},
	{name: "timeout", scope: inListen},

	{name: "balance", scope: inBackend},
	{name: "dispatch", scope: inBackend},
	{name: "cookie", scope: inBackend | inServer},
	{name: "httpchk", scope: inBackend},
	{name: "log_health_checks", scope: inBackend},
	{name: "persist", scope: inBackend},
	{name: "redispatch", scope: inBackend},
	{name: "allbackups", scope: inBackend},
	{name: "abortonclose", scope: inBackend},
	{name: "srvtcpka", scope: inBackend},
	{name: "accept_invalid_responses", scope: inBackend},
	{name: "retries", scope: inBackend},
	{name: "source", scope: inBackend | inServer},
	{name: "server", scope: inBackend},

	{name: "name", scope: inServer | inCookie | inCapture},
	{name: "len", scope: inCapture},
	{name: "address", scope: inServer},
	{name: "check", scope: inServer},
	{name: "check_port", scope: inServer},
	{name: "inter", scope: inServer},
	{name: "fastinter", scope: inServer},
	{name: "downinter", scope: inServer},
	{name: "rise", scope: inServer},
	{name: "fall", scope: inServer},
	{name: "backup", scope: inServer},
	{name: "disabled", scope: inServer},
	{name: "track", scope: inServer},
	{name: "on_marked_down", scope: inServer},
	{name: "weight", scope: inServer},

	{name: "connect", scope: inTimeout},
	{name: "client", scope: inTimeout},
	{name: "server", scope: inTimeout},
	{name: "http_request", scope: inTimeout},
	{name: "http_keep_alive", scope: inTimeout},
	{name: "check", scope: inTimeout},
	{name: "tunnel", scope: inTimeout},
	{name: "client_fin", scope: inTimeout},
	{name: "server_fin", scope: inTimeout},

	{name: "mode", scope: inCookie},
	{name: "indirect", scope: inCookie},
	{name: "nocache", scope: inCookie},
	{name: "postonly", scope: inCookie},
}

// lookUp finds a key in a scope, nil when there is none.
func lookUp(name string, where scope) *key {
	for i := range keys {
		if keys[i].name == name && keys[i].scope&where != 0 {
			return &keys[i]
		}
	}
	return nil
}

// namesIn are the names of all keys of a scope.
func namesIn(where scope) []string {
	var all []string
	for _, k := range keys {
		if k.scope&where != 0 {
			all = append(all, k.name)
		}
	}
	return all
}
