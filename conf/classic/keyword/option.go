package keyword

// option is a row of the words behind an address, with that many words of its own.
func option(args int, verdict Verdict, text, safe string, names ...string) []Row {
	all := rows(Anywhere, verdict, text, safe, names...)
	for i := range all {
		all[i].Args = args
	}
	return all
}

const noTLS = "TLS is missing here: put a program before lbmaster that does it"

// bindTable is what may stand behind the address of a bind.
func bindTable() []Row {
	return join(
		[]Row{{Name: "defer-accept", Text: "`defer_accept`"}},
		option(0, Default, "an IPv6 bind takes IPv4 clients too, by a second bind", "", "v4v6"),
		option(0, Taken, "the bind is for IPv6 only", "", "v6only"),
		option(0, Ignored, "how fast connections begin", "", "tfo"),
		option(1, Ignored, "sizes and internals of HAProxy", "", "backlog", "nice", "process", "thread", "shards", "mss", "tcp-ss", "idle-ping"),
		option(1, Ignored, "it says something about it only", "", "name", "id", "guid-prefix", "label", "severity-output"),
		option(1, Refused, "binds to an interface are missing here", "Leaving it out is not safe: clients of other interfaces would be served", "interface"),
		option(0, Refused, "binds to addresses that the machine does not have are asked for by free_bind, which this language has no word for", "Leaving it out is safe with net.ipv4.ip_nonlocal_bind = 1", "transparent"),
		option(1, Refused, "namespaces are missing here: start lbmaster in the right one", "Leaving it out is not safe: the address would be bound elsewhere", "namespace"),
		option(1, Refused, "limits of single binds are missing here: write maxconn in the section", "Leaving it out is not safe: there would be no such limit", "maxconn"),
		option(1, Refused, "time-outs of the kernel are missing here", "Leaving it out is safe if timeout client is set", "tcp-ut"),
		option(1, Refused, "the mode and owner of a unix socket are as the umask says", "Leaving it out is not safe: others could reach it, or not", "mode", "user", "group", "uid", "gid", "level", "expose-fd"),
		option(0, Refused, "the PROXY protocol is missing here", "Leaving it out is not safe: what the sender writes first would be taken for a request", "accept-proxy"),
		option(1, Refused, "this protocol is missing here", "Leaving it out is not safe: what the sender writes first would be taken for a request", "accept-netscaler-cip", "proto", "quic-socket", "quic-cc-algo", "cc", "tcp-md5sig", "nbconn", "rhttp"),
		option(0, Refused, noTLS, "Leaving it out is not safe: the port would speak without it", "ssl", "generate-certificates", "strict-sni", "no-strict-sni", "no-alpn", "tls-tickets", "prefer-client-ciphers", "allow-0rtt", "no-ca-names", "quic-force-retry",
			"force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "no-tls-tickets"),
		option(1, Refused, noTLS, "Leaving it out is not safe: the port would speak without it", "crt", "crt-list", "default-crt", "ca-file", "ca-ignore-err", "ca-sign-file", "ca-sign-pass", "ca-verify-file", "ciphers", "ciphersuites",
			"client-sigalgs", "sigalgs", "crl-file", "crt-ignore-err", "curves", "ecdhe", "alpn", "npn", "ssl-min-ver", "ssl-max-ver", "tls-ticket-keys", "verify", "ocsp-update", "ktls", "renegotiate", "cert-compression"),
	)
}

// serverTable is what may stand behind the address of a server.
func serverTable() []Row {
	return join(
		[]Row{
			{Name: "cookie", Args: 1, Text: "`cookie`"},
			{Name: "check", Text: "`check`"},
			{Name: "no-check", Text: "`check` = false"},
			{Name: "port", Args: 1, Text: "`check_port`"},
			{Name: "inter", Args: 1, Text: "`inter`"},
			{Name: "fastinter", Args: 1, Text: "`fastinter`"},
			{Name: "downinter", Args: 1, Text: "`downinter`"},
			{Name: "rise", Args: 1, Text: "`rise`"},
			{Name: "fall", Args: 1, Text: "`fall`"},
			{Name: "weight", Args: 1, Text: "`weight`"},
			{Name: "backup", Text: "`backup`"},
			{Name: "no-backup", Text: "`backup` = false"},
			{Name: "source", Args: 1, Text: "`source`"},
			{Name: "disabled", Text: "`disabled`"},
			{Name: "enabled", Text: "`disabled` = false"},
			{Name: "track", Args: 1, Text: "`track`"},
			{Name: "on-marked-down", Args: 1, Text: "`on_marked_down`"},
		},
		option(0, Default, "it is so", "", "stick", "no-ssl", "no-check-ssl", "no-send-proxy", "no-send-proxy-v2", "no-send-proxy-v2-ssl", "no-send-proxy-v2-ssl-cn", "no-check-send-proxy", "no-agent-check", "no-tfo", "no-check-reuse-pool"),
		option(0, Ignored, "how fast connections begin", "", "tfo"),
		option(1, Ignored, "sizes and internals of HAProxy", "", "pool-max-conn", "pool-low-conn", "pool-purge-delay", "pool-conn-name", "max-reuse", "idle-ping", "hash-key", "log-bufsize"),
		option(1, Ignored, "it says something about it only", "", "id", "guid", "shard"),
		option(1, Ignored, "names are resolved once, at the start, by the system", "", "init-addr", "resolve-prefer", "resolve-net", "resolve-opts"),
		option(1, Refused, "names are resolved once, at the start, by the system's resolvers", "Leaving it out is safe if the addresses do not change while lbmaster runs", "resolvers"),
		option(1, Refused, "limits of single servers are missing here", "Leaving it out is not safe: the server may get more connections than it bears", "maxconn", "minconn", "maxqueue"),
		option(0, Refused, "limits of single servers are missing here", "Leaving it out is safe if maxconn is left out, too", "strict-maxconn"),
		option(1, Refused, "health checks are written in backends", "Leaving it out is not safe: the server would be checked otherwise", "healthcheck"),
		option(1, Refused, "sessions on backup servers go on when a server comes up", "Leaving it out is safe if they may go on there", "on-marked-up"),
		option(1, Refused, "states come from checks alone", "Leaving it out is safe if checks see what is wrong", "observe", "on-error", "error-limit", "agent-addr", "agent-port", "agent-inter", "agent-send"),
		option(0, Refused, "states come from checks alone", "Leaving it out is safe if checks see what is wrong", "agent-check"),
		option(1, Refused, "a check goes to the server's own address", "Leaving it out is not safe: something else would be checked", "addr", "check-proto", "check-sni", "check-alpn", "check-pool-conn-name"),
		option(1, Refused, "a server that comes up gets its full share at once", "Leaving it out is safe if the server bears it", "slowstart", "init-state"),
		option(1, Refused, "requests are passed on, never redirected", "Leaving it out is safe", "redir"),
		option(0, Refused, "every server may be kept by a client's cookie", "Leaving it out is safe if the server has no cookie", "non-stick"),
		option(0, Refused, "the PROXY protocol is missing here", "Leaving it out is not safe: the server waits for it", "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn", "check-send-proxy"),
		option(1, Refused, "this protocol is missing here", "Leaving it out is not safe: the server waits for it", "proto", "proxy-v2-options", "socks4", "log-proto", "ws", "namespace", "tcp-md5sig", "cc"),
		option(0, Refused, "this protocol is missing here", "Leaving it out is not safe", "set-proxy-v2-tlv-fmt", "check-via-socks4", "check-reuse-pool"),
		option(1, Refused, "time-outs of the kernel are missing here", "Leaving it out is safe if timeout server is set", "tcp-ut"),
		option(0, Refused, "the client's address as source is missing here", "Leaving it out is not safe: servers would see another address", "usesrc"),
		option(0, Refused, noTLS, "Leaving it out is not safe: the server would be spoken to without it", "ssl", "check-ssl", "allow-0rtt", "no-ssl-reuse", "ssl-reuse", "tls-tickets", "no-tls-tickets", "sni-auto", "no-sni-auto", "check-sni-auto", "no-check-sni-auto", "renegotiate", "no-renegotiate",
			"force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"),
		option(1, Refused, noTLS, "Leaving it out is not safe: the server would be spoken to without it", "alpn", "npn", "ca-file", "ciphers", "ciphersuites", "client-sigalgs", "sigalgs", "curves", "crl-file", "crt", "sni", "ssl-max-ver", "ssl-min-ver", "verify", "verifyhost", "ktls"),
	)
}
