package keyword

const (
	safeOut  = "Leaving the line out is safe"
	notSafe  = "Leaving it out is not safe: "
	whileTLS = "there is no TLS here yet, and what asks for it is refused"
)

// sectionTable is the words that begin a section.
func sectionTable() []Row {
	return join(
		[]Row{
			taken(Anywhere, "global", "`[global]`"),
			taken(Anywhere, "defaults", "`[defaults]`; with a name it can be named by `from`"),
			taken(Anywhere, "listen", "`[listen.NAME]`. Without a name, as in `listen 192.168.1.1:80`, the address is the name"),
			taken(Anywhere, "frontend", "`[frontend.NAME]`"),
			taken(Anywhere, "backend", "`[backend.NAME]`"),
		},
		rows(Anywhere, Refused, "peers are missing here, as are the tables that they share", safeOut+" if no stick-table names it", "peers"),
		rows(Anywhere, Refused, "names of servers are resolved once, at the start, by the system's resolvers", safeOut+" if the addresses do not change while lbmaster runs", "resolvers"),
		rows(Anywhere, Refused, "alerts by mail are missing here", safeOut+": changes of servers' states are logged", "mailers"),
		rows(Anywhere, Refused, "lists of users are missing here", notSafe+"who asks for a password by it would ask for none", "userlist"),
		rows(Anywhere, Refused, "programs beside the load balancer are not started here", safeOut+" if a service manager starts it", "program"),
		rows(Anywhere, Refused, "caching is missing here", safeOut+": every request goes to a server", "cache"),
		rows(Anywhere, Refused, "FastCGI is missing here", notSafe+"such servers do not speak HTTP", "fcgi-app"),
		rows(Anywhere, Refused, "rings of log lines, and relaying those of others, are missing here", safeOut+" if no log line names it", "ring", "log-forward", "log-profile"),
		rows(Anywhere, Refused, "error pages are named by errorfile", safeOut+": lbmaster has pages of its own", "http-errors"),
		rows(Anywhere, Refused, "TLS is missing here", safeOut+" if no bind and no server asks for TLS", "crt-store", "acme"),
		rows(Anywhere, Refused, "tracing is missing here", safeOut, "traces"),
		rows(Anywhere, Refused, "health checks are written in backends", notSafe+"servers would be checked otherwise", "healthcheck"),
		rows(Anywhere, Refused, "conditions in the file are missing here: keep those lines that hold", notSafe+"lines would be read that are not meant", ".if", ".elif", ".else", ".endif"),
		rows(Anywhere, Refused, "messages in the file are missing here", safeOut, ".diag", ".notice", ".warning", ".alert"),
	)
}

// globalTable is the keywords of the global section.
func globalTable() []Row {
	return join(
		[]Row{
			onOff(Anywhere, "daemon", "daemon"),
			onOff(Anywhere, "quiet", "quiet"),
			taken(Anywhere, "pidfile", "`pidfile`"),
			taken(Anywhere, "maxconn", "`maxconn`"),
			taken(Anywhere, "ulimit-n", "`ulimit_n`"),
			taken(Anywhere, "chroot", "`chroot`"),
			taken(Anywhere, "user", "`user`"),
			taken(Anywhere, "group", "`group`"),
			taken(Anywhere, "uid", "`user`; 0: what lbmaster is started as"),
			taken(Anywhere, "gid", "`group`; 0: what lbmaster is started as"),
			taken(Anywhere, "nbproc", "`workers`, times `nbthread`"),
			taken(Anywhere, "nbthread", "`workers`, times `nbproc`: lbmaster has processes of one thread"),
			taken(Anywhere, "hard-stop-after", "`hard_stop_after`"),
			{Name: "log", Text: "`log`"},
			taken(Anywhere, "log-tag", "`log_tag`"),
			taken(Anywhere, "log-send-hostname", "`log_send_hostname`"),
			taken(Anywhere, "setenv", "the lines below see the variable"),
			taken(Anywhere, "presetenv", "the same, unless the environment has it"),
			taken(Anywhere, "unsetenv", "the lines below do not see the variables"),
			taken(Anywhere, "stats socket", "`socket`, `mode`, `user`, `group` in `[admin]`; the mode is 0600 without the word"),
		},
		rows(Anywhere, Default, "it is so", "", "master-worker", "h2-workaround-bogus-websocket-clients", "pp2-never-send-local"),
		rows(Anywhere, Ignored, "sizes and internals of HAProxy", "",
			"tune.*", "maxpipes", "maxsslrate", "maxsslconn", "maxcompcpuusage", "maxcomprate", "maxzlibmem", "nopoll", "noepoll", "nokqueue", "noevports", "nosplice", "nogetaddrinfo",
			"noreuseport", "busy-polling", "spread-checks", "max-spread-checks", "fd-hard-limit", "strict-limits", "cpu-map", "cpu-policy", "cpu-affinity", "stress-level", "cpu-set", "numa-cpu-mapping", "thread-group",
			"thread-groups", "thread-hard-limit", "max-threads-per-group", "profiling.*", "no-memory-trimming", "no-quic", "limited-quic", "close-spread-time", "maxsessrate-spread",
			"mworker-max-reloads", "stats timeout", "stats maxconn", "stats bind-process", "prealloc-fd", "warn-blocked-traffic-after", "force-cfg-parser-pause", "dns-accept-family", "shm-stats-file-max-objects"),
		rows(Anywhere, Ignored, "they say something about it only", "", "description", "node", "localpeer", "server-state-base", "anonkey", "stats-file"),
		rows(Anywhere, Ignored, whileTLS, "", "ssl-*", "ca-base", "crt-base", "key-base", "issuers-chain-path", "httpclient.*", "jwt.*", "noktls", "acme.*", "ocsp-update.*", "51degrees-*", "deviceatlas-*", "wurfl-*"),
		rows(Anywhere, Ignored, "what is set by them is used by what is refused", "", "set-var", "set-var-fmt", "http-err-codes", "http-fail-codes", "lua-*"),
		rows(Anywhere, Refused, "the largest head is set in sections, by max_header", safeOut+" if no head is larger than 15 KiB", "tune.bufsize"),
		rows(Anywhere, Refused, "programs in Lua are missing here", notSafe+"what they do would not be done", "lua-load", "lua-load-per-thread"),
		rows(Anywhere, Refused, "the environment is not emptied", safeOut+" if the lines below use the variables that it names", "resetenv"),
		rows(Anywhere, Refused, "debugging is asked for on the command line, by -d", safeOut, "debug"),
		rows(Anywhere, Refused, "limits of the instance besides maxconn are missing here", notSafe+"there would be no such limit", "maxconnrate", "maxsessrate", "ssl-load-limit"),
		rows(Anywhere, Refused, "a time between a soft stop and its begin is written in sections", notSafe+"write grace in those sections", "grace"),
		rows(Anywhere, Refused, "checks by programs are missing here", safeOut+" if no option external-check needs it", "external-check", "insecure-fork-wanted", "insecure-setuid-wanted"),
		rows(Anywhere, Refused, "files with states of servers are missing here: a reload hands them over", safeOut, "server-state-file"),
		rows(Anywhere, Refused, "capabilities are not kept here", safeOut+" if nothing needs them", "setcap", "set-dumpable", "harden.reject-privileged-ports.tcp", "harden.reject-privileged-ports.quic"),
		rows(Anywhere, Refused, "paths must be absolute here", notSafe+"relative paths would mean other files", "default-path"),
		rows(Anywhere, Refused, "headers in the case of HTTP/1.0's time are missing here", safeOut+" if no program depends on it", "h1-*"),
		rows(Anywhere, Refused, "sockets of unix binds are as the umask says", notSafe+"others could reach them, or not", "unix-bind"),
		rows(Anywhere, Refused, "warnings do not keep lbmaster from starting", safeOut+": lbmaster -t shows them", "zero-warning"),
		rows(Anywhere, Refused, "what is experimental or deprecated in HAProxy is missing here", safeOut, "expose-deprecated-directives", "expose-experimental-directives"),
		rows(Anywhere, Refused, "peers and QUIC, of which this is the secret, are missing here", safeOut, "cluster-secret"),
		rows(Anywhere, Refused, "tracing is missing here", safeOut, "trace"),
		rows(Anywhere, Refused, "counters outlive a reload without a file", safeOut, "shm-stats-file"),
		rows(Anywhere, Refused, "namespaces are missing here: start lbmaster in the right one", notSafe+"addresses would be bound elsewhere", "namespace"),
	)
}
