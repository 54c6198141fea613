package keyword

const (
	fd  = Front | Defaults
	bd  = Back | Defaults
	all = Front | Back | Defaults
)

// proxyTable is the keywords of defaults, listen, frontend and backend sections.
func proxyTable() []Row {
	return join(takenInProxies(), defaultInProxies(), ignoredInProxies(), refusedInProxies())
}

func takenInProxies() []Row {
	return []Row{
		taken(Front, "bind", "`bind`"),
		taken(all, "mode", "`mode`"),
		taken(bd, "balance", "`balance`; roundrobin only"),
		taken(Back, "dispatch", "`dispatch`"),
		taken(Back, "server", "`[[...server]]`"),
		taken(bd, "default-server", "what `[[...server]]` say of themselves"),
		{Name: "cookie", In: bd, Text: "`cookie`"},
		taken(fd, "maxconn", "`maxconn`"),
		taken(bd, "retries", "`retries`"),
		taken(bd, "source", "`source`"),
		taken(fd, "grace", "`grace`"),
		taken(fd, "monitor-net", "`monitor_net`"),
		taken(fd, "default_backend", "`default_backend`"),
		taken(Front, "use_backend", "`default_backend`, when there is no condition"),
		taken(all, "errorfile", "`errorfile`"),
		taken(Front, "capture cookie", "`capture_cookie`"),
		taken(Front, "capture request header", "`capture_request_headers`"),
		taken(Front, "capture response header", "`capture_response_headers`"),
		{Name: "log", In: all, OfFrontends: true, Text: "`log`; `log global` is those of `[global]`. In a backend it is ignored: it is frontends that log"},

		{Name: "log-tag", In: all, OfFrontends: true, Text: "`log_tag`. In a backend it is ignored: it is frontends that log"},
		taken(all, "timeout client", "`client` in `timeout`"),
		taken(all, "timeout connect", "`connect` in `timeout`"),
		taken(all, "timeout server", "`server` in `timeout`"),
		taken(all, "timeout tunnel", "`tunnel` in `timeout`"),
		taken(all, "timeout client-fin", "`client_fin` in `timeout`"),
		taken(all, "timeout server-fin", "`server_fin` in `timeout`"),
		taken(all, "timeout check", "`check` in `timeout`"),
		taken(all, "timeout http-request", "`http_request` in `timeout`"),
		taken(all, "timeout http-keep-alive", "`http_keep_alive` in `timeout`"),
		taken(all, "contimeout", "`connect` in `timeout`"),
		taken(all, "clitimeout", "`client` in `timeout`"),
		taken(all, "srvtimeout", "`server` in `timeout`"),
		taken(all, "timeout contimeout", "`connect` in `timeout`"),
		taken(all, "timeout clitimeout", "`client` in `timeout`"),
		taken(all, "timeout srvtimeout", "`server` in `timeout`"),

		onOff(all, "option httpclose", "httpclose"),
		onOff(all, "option forceclose", "httpclose"),
		onOff(fd, "option dontlognull", "dontlognull"),
		onOff(fd, "option clitcpka", "clitcpka"),
		onOff(bd, "option srvtcpka", "srvtcpka"),
		{Name: "option tcpka", In: all, Text: "`clitcpka` and `srvtcpka`, as far as the section has such connections"},
		onOff(all, "option nolinger", "nolinger"),
		onOff(bd, "option abortonclose", "abortonclose"),
		onOff(fd, "option logasap", "logasap"),
		onOff(bd, "option log-health-checks", "log_health_checks"),
		onOff(bd, "option persist", "persist"),
		onOff(bd, "option allbackups", "allbackups"),
		onOff(bd, "option accept-invalid-http-response", "accept_invalid_responses"),
		onOff(bd, "option accept-unsafe-violations-in-http-response", "accept_invalid_responses"),
		onOff(bd, "redisp", "redispatch"),
		onOff(bd, "redispatch", "redispatch"),
		{Name: "option redispatch", In: bd, Text: "`redispatch`; with a number too it is done at the last retry"},
		{Name: "option forwardfor", In: all, Text: "`forwardfor`, `forwardfor_except`, `forwardfor_header`; with if-none, `forwarded`"},
		{Name: "option httplog", In: all, OfFrontends: true, Text: "`log_format`"},
		{Name: "option tcplog", In: all, OfFrontends: true, Text: "`log_format`"},
		{Name: "option httpchk", In: all, Text: "`httpchk`; in mode health, the answer of an HTTP server"},
		taken(bd, "http-check send", "`httpchk`: method, URI and version"),
		taken(bd, "http-check expect", "`status 200-399`, which is so anyway"),
	}
}

func defaultInProxies() []Row {
	return join(
		[]Row{
			{Name: "option http-server-close", In: all, Verdict: Default, Text: "a connection may be kept on the client's side while the server's is not"},
			{Name: "option http-keep-alive", In: all, Verdict: Default, Text: "connections are kept on both sides"},
			{Name: "http-reuse", In: bd, Verdict: Default, Text: "`safe`: a connection to a server is used for any client's requests, the first one of a client aside"},
			{Name: "option tcp-check", In: bd, Verdict: Default, Text: "a connection is enough"},
			{Name: "enabled", In: all, Verdict: Default, Text: "it is so"},
			{Name: "option idle-close-on-response", In: fd, Verdict: Default, Text: "a reload closes no idle connection"},
		},
		quiet(all, "large bodies are spliced without being told", "option splice-auto", "option splice-request", "option splice-response"),
		quiet(all, "as the kernel does it", "option tcp-smart-accept", "option tcp-smart-connect", "option http-no-delay"),
		quiet(fd, "counters are always up to date", "option contstats", "option socket-stats"),
		quiet(fd, "who connects and says nothing is not answered", "option http-ignore-probes"),
		quiet(bd, "a connection that is used again is that of the client's last server, when that is chosen", "option prefer-last-server"),
		quiet(all, "Connection fields do not pass", "option http-pretend-keepalive"),
		quiet(all, "HTTP/2 is not spoken", "option disable-h2-upgrade"),
	)
}

func ignoredInProxies() []Row {
	return join(
		rows(all, Ignored, "it says something about the section only", "", "description", "id", "guid", "email-alert", "stats show-desc", "stats show-legends", "stats show-node", "stats show-modules"),
		rows(all, Ignored, "sizes and internals of HAProxy", "", "backlog", "bind-process", "fullconn", "max-keep-alive-queue", "hash-type", "hash-balance-factor",
			"hash-preserve-affinity", "load-server-state-from-file", "server-state-file-name", "max-session-srv-conns", "timeout queue", "unique-id-header-off"),
		rows(all, Ignored, "it limits what tarpit rules hold back, which are refused", "", "timeout tarpit"),
		rows(bd, Ignored, "nothing is queued: there is no maxconn on servers", "", "option independent-streams"),
	)
}

func refusedInProxies() []Row {
	return join(
		rows(all, Refused, "conditions are missing here", safeOut+" if no other line names it", "acl"),
		rows(all, Refused, "rules for requests and responses are missing here", notSafe+"requests would pass that it stops or changes",
			"http-request", "http-response", "http-after-response", "tcp-request", "tcp-response", "redirect", "block", "req*", "rsp*", "reqadd", "reqallow", "reqdel", "reqdeny", "reqiallow",
			"reqidel", "reqideny", "reqipass", "reqirep", "reqitarpit", "reqpass", "reqrep", "reqtarpit", "reqsetbe", "reqisetbe", "rspadd", "rspdel", "rspdeny", "rspidel", "rspideny", "rspirep", "rsprep",
			"use-server", "use-fcgi-app", "force-persist", "ignore-persist", "force-be-switch", "quic-initial"),
		rows(all, Refused, "tables of clients are missing here", notSafe+"clients would not come back to the same server, or not be limited", "stick-table", "stick on", "stick match", "stick store-request", "stick store-response", "stick", "appsession", "persist rdp-cookie", "persist"),
		rows(all, Refused, "limits of rates are missing here", notSafe+"there would be no such limit", "rate-limit", "rate-limit sessions"),
		rows(all, Refused, "a status page is missing here", safeOut+", and so is the section when it has nothing else: the admin socket, lbctl and /metrics tell the same",
			"stats", "stats admin", "stats auth", "stats enable", "stats hide-version", "stats http-request", "stats realm", "stats refresh", "stats scope", "stats uri", "monitor-uri", "monitor fail", "monitor"),
		rows(all, Refused, "own formats of log lines are missing here: option httplog and option tcplog are HAProxy's", safeOut+" if nobody reads the lines by machine",
			"log-format", "log-format-sd", "error-log-format", "log-steps", "unique-id-format", "unique-id-header"),
		rows(all, Refused, "headers of servers' names are missing here", notSafe+"servers would not get the field", "http-send-name-header", "option originalto", "option forwarded"),
		rows(all, Refused, "redirects instead of error pages are missing here: errorfile is a whole response, and can be one with a Location", notSafe+"clients would get lbmaster's own page", "errorloc", "errorloc302", "errorloc303", "errorfiles", "http-error"),
		rows(all, Refused, "filters are missing here", notSafe+"what the filter does would not be done", "filter", "compression", "compression algo", "compression type", "compression offload", "compression direction", "cache", "filter-sequence"),
		rows(all, Refused, "retries after a request has been sent are missing here", safeOut+": retries are for connections", "retry-on"),
		rows(all, Refused, "checks of this kind are missing here: a connection, or option httpchk", notSafe+"a server that accepts connections would be up",
			"option ldap-check", "option mysql-check", "option pgsql-check", "option redis-check", "option smtpchk", "option spop-check", "option ssl-hello-chk", "option external-check", "external-check command",
			"external-check path", "external-check", "tcp-check", "tcp-check connect", "tcp-check expect", "tcp-check send", "tcp-check send-binary", "tcp-check comment", "http-check connect", "http-check disable-on-404",
			"http-check comment", "http-check send-state", "http-check set-var", "http-check unset-var", "http-check", "healthcheck"),
		rows(all, Refused, "requests must follow the rules of HTTP", safeOut+" if clients do", "option accept-invalid-http-request", "option accept-unsafe-violations-in-http-request"),
		rows(all, Refused, "cookies of responses that may be cached are not looked for", notSafe+"such responses would pass", "option checkcache"),
		rows(all, Refused, "times of TCP's keep-alive are those of the kernel (net.ipv4.tcp_keepalive_time, tcp_keepalive_intvl, tcp_keepalive_probes)", safeOut+" if those are short enough", "clitcpka-*", "srvtcpka-*"),
		rows(all, Refused, "lines for good requests are always written", safeOut+" if the log may have more lines", "option dontlog-normal", "option log-separate-errors"),
		rows(all, Refused, "lines with what TLS has negotiated are missing here: write option httplog", safeOut, "option httpslog"),
		rows(all, Refused, "bodies are not waited for", safeOut, "option http-buffer-request"),
		rows(all, Refused, "every request of a connection is looked at", notSafe+"rules would hold for all of them", "option http-tunnel", "option http_proxy", "option http-use-proxy-header", "option http-use-htx", "option keepalive"),
		rows(all, Refused, "requests go to servers or to dispatch", notSafe+"they would have no target", "option transparent", "transparent"),
		rows(all, Refused, "names of fields are passed on as they came", safeOut, "option h1-case-adjust-bogus-client", "option h1-case-adjust-bogus-server", "option http-restrict-req-hdr-names", "option http-drop-request-trailers", "option http-drop-response-trailers"),
		rows(all, Refused, "a section that is disabled is no section: write # before its lines", notSafe+"it would be used", "disabled"),
		rows(all, Refused, "there is no TLS here, whose handshakes this time limits", safeOut, "timeout client-hs"),
		rows(all, Refused, "many servers of one line are missing here", notSafe+"there would be no such servers", "server-template"),
		rows(all, Refused, "slots of captures are missing here", safeOut, "declare capture", "declare", "capture request", "capture response", "capture"),
		rows(all, Refused, "the choice of TLS names and of QUIC is missing here", safeOut, "ssl-f-use", "quic-cc-algo"),
	)
}

// quiet are options that are so anyway, with and without "no".
func quiet(in Side, text string, names ...string) []Row {
	all := rows(in, Default, text, "", names...)
	for i := range all {
		all[i].Quiet = true
	}
	return all
}
