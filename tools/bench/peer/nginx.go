//go:build linux

package peer

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"lbmaster/tools/rig"
)

// streamModule is what nginx needs to relay TCP; Debian has it in a package of its own.
const streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so"

// Nginx is Debian's.
func Nginx(installer *rig.Installer) (*Peer, error) {
	program, err := installer.Need("nginx")
	if err != nil {
		return nil, err
	}
	return &Peer{
		Name: "nginx", Signal: syscall.SIGHUP, program: program, conf: nginxConf, version: []string{"-v"},
		argv: func(program, file string, _ Setup) []string {
			return []string{program, "-e", file + ".log", "-c", file}
		},
	}, nil
}

// nginxConf comes as near to the job as nginx can: it has no cookie of a server, and sets the same one always. It neither
// has prefix cookies, nor the log of HAProxy.
func nginxConf(s Setup, dir string) string {
	if s.Cookie == "prefix" || s.Log != "" || s.Frontends > 0 || s.Close {
		return ""
	}
	if s.TCP {
		return s.nginxStream(dir)
	}
	var b strings.Builder
	b.WriteString(s.nginxHead(dir))
	fmt.Fprintf(&b, "http {\n  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;\n")
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&b, "  %s_temp_path %s/%s;\n", what, dir, what)
	}
	fmt.Fprintf(&b, "  upstream web {\n%s    keepalive %d; keepalive_requests 1000000000;\n  }\n", s.nginxServers(), s.maxConn())
	fmt.Fprintf(&b, "  server { listen %s reuseport; location / { proxy_pass http://web; proxy_http_version 1.1; proxy_set_header Connection \"\";", s.Addr)
	if s.Cookie == "insert" {
		fmt.Fprintf(&b, " add_header Set-Cookie \"%s=s1; path=/\";", Inserted)
	}
	if s.ForwardFor {
		fmt.Fprint(&b, " proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;")
	}
	b.WriteString(" } }\n}\n")
	return b.String()
}

func (s Setup) nginxStream(dir string) string {
	if _, err := os.Stat(streamModule); err != nil {
		return ""
	}
	return "load_module " + streamModule + ";\n" + s.nginxHead(dir) + fmt.Sprintf(
		"stream {\n  upstream web {\n%s  }\n  server { listen %s; proxy_pass web; proxy_timeout 300s; }\n}\n", s.nginxServers(), s.Addr)
}

func (s Setup) nginxHead(dir string) string {
	return fmt.Sprintf("daemon off; worker_processes %d; pid %s/pid; error_log /dev/null; worker_rlimit_nofile 20000;\nevents { worker_connections %d; }\n",
		s.workers(), dir, 2*s.maxConn()+100)
}

func (s Setup) nginxServers() string {
	var b strings.Builder
	for _, addr := range s.Servers {
		fmt.Fprintf(&b, "    server %s max_fails=0;\n", addr)
	}
	return b.String()
}
