package classic

// reading is what is done with a line of a keyword, and with one that has "no" before it; nil: that cannot be, or there is nothing to do.
type reading struct{ read, no func(*line) }

// readings are the keywords that are more than a key turned on or off, by the kind of their section.
type readings struct{ global, proxies, binds map[string]reading }

func newReadings() *readings { return &readings{globalReadings(), proxyReadings(), bindReadings()} }

// of is the readings for a kind of section.
func (r *readings) of(kind string) map[string]reading {
	if kind == "global" {
		return r.global
	}
	return r.proxies
}

func globalReadings() map[string]reading {
	return map[string]reading{
		"pidfile":           {text("pidfile", "/run/lbmaster.pid"), nil},
		"maxconn":           {number("maxconn"), nil},
		"ulimit-n":          {number("ulimit_n"), nil},
		"chroot":            {text("chroot", "/var/empty"), nil},
		"user":              {text("user", "NAME"), nil},
		"group":             {text("group", "NAME"), nil},
		"uid":               {id("user"), nil},
		"gid":               {id("group"), nil},
		"nbproc":            {processes, nil},
		"nbthread":          {threads, nil},
		"hard-stop-after":   {duration("hard_stop_after"), nil},
		"log":               {logLine, noLog},
		"log-tag":           {text("log_tag", "NAME"), nil},
		"log-send-hostname": {sendHostname, nil},
		"setenv":            {setenv, nil},
		"presetenv":         {presetenv, nil},
		"unsetenv":          {unsetenv, nil},
		"stats socket":      {statsSocket, nil},
	}
}

func proxyReadings() map[string]reading {
	return map[string]reading{
		"bind":                          {bind, nil},
		"mode":                          {text("mode", "http"), nil},
		"balance":                       {balance, nil},
		"dispatch":                      {dispatch, nil},
		"server":                        {readServer, nil},
		"default-server":                {defaultServer, nil},
		"cookie":                        {cookie, noCookie},
		"maxconn":                       {number("maxconn"), nil},
		"retries":                       {number("retries"), nil},
		"source":                        {source, nil},
		"grace":                         {duration("grace"), nil},
		"monitor-net":                   {monitorNet, nil},
		"default_backend":               {defaultBackend, nil},
		"use_backend":                   {useBackend, nil},
		"errorfile":                     {errorfile, nil},
		"capture cookie":                {capture("capture_cookie"), nil},
		"capture request header":        {capture("capture_request_headers"), nil},
		"capture response header":       {capture("capture_response_headers"), nil},
		"log":                           {logLine, noLog},
		"log-tag":                       {text("log_tag", "NAME"), nil},
		"timeout client":                {timeout("client"), nil},
		"timeout connect":               {timeout("connect"), nil},
		"timeout server":                {timeout("server"), nil},
		"timeout tunnel":                {timeout("tunnel"), nil},
		"timeout client-fin":            {timeout("client_fin"), nil},
		"timeout server-fin":            {timeout("server_fin"), nil},
		"timeout check":                 {timeout("check"), nil},
		"timeout http-request":          {timeout("http_request"), nil},
		"timeout http-keep-alive":       {timeout("http_keep_alive"), nil},
		"contimeout":                    {timeout("connect"), nil},
		"clitimeout":                    {timeout("client"), nil},
		"srvtimeout":                    {timeout("server"), nil},
		"timeout contimeout":            {timeout("connect"), nil},
		"timeout clitimeout":            {timeout("client"), nil},
		"timeout srvtimeout":            {timeout("server"), nil},
		"option tcpka":                  {tcpka, tcpka},
		"option redispatch":             {redispatch, redispatch},
		"option forwardfor":             {forwardfor, forwardfor},
		"option httplog":                {httplog, noLogFormat},
		"option tcplog":                 {always("log_format", "tcplog"), noLogFormat},
		"option httpchk":                {httpchk, always("httpchk", "")},
		"http-check send":               {checkSend, nil},
		"http-check expect":             {checkExpect, nil},
		"option http-server-close":      {always("httpclose", false), nothing},
		"option http-keep-alive":        {always("httpclose", false), nothing},
		"http-reuse":                    {reuse, nil},
		"option tcp-check":              {always("httpchk", ""), nothing},
		"enabled":                       {nothing, nil},
		"option idle-close-on-response": {nothing, nothing},
	}
}

func bindReadings() map[string]reading {
	return map[string]reading{
		"defer-accept": {always("defer_accept", true), nil},
	}
}

// nothing is what becomes of a word that says what is so.
func nothing(l *line) { l.none() }

// noCookie is "no cookie".
func noCookie(l *line) {
	l.fail("a section cannot undo the cookie of its defaults: write it in the sections that want it")
}

// reuse knows one way.
func reuse(l *line) {
	if v, ok := l.one("safe"); ok && v != "safe" {
		l.fail("%q is missing here: \"safe\" is what is done. Leaving the line out is safe", v)
	}
}
