//go:build linux

package rig

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Endless is a number of requests for StartNginx that no connection reaches.
const Endless = 1_000_000_000

// NginxServer is one server block of an nginx process: it answers every GET with a fixed text.
type NginxServer struct {
	Name   string // sent in the header X-Server
	Listen string // addr:port
	Body   string // of every answer; "" means Name
	Header string // "Name value", sent besides; "" for none
}

// StartNginx runs one nginx worker with a configuration, prefix and temporary files of its own under dir. It
// never touches the service that the distribution may run. It closes a connection after so many requests. It returns
// when every server accepts connections.
func StartNginx(program, dir string, requests int, servers []NginxServer) (*Process, error) {
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(nginxConf(dir, requests, servers)), 0o644); err != nil {
		return nil, err
	}
	p, err := Start("nginx", []string{program, "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log")})
	if err != nil {
		return nil, err
	}
	return p, p.Ready(Patience, func() bool {
		for _, s := range servers {
			if !Connectable(s.Listen) {
				return false
			}
		}
		return true
	})
}

func nginxConf(dir string, requests int, servers []NginxServer) string {
	var b strings.Builder
	fmt.Fprintf(&b, `daemon off; master_process off; worker_processes 1; pid %[1]s/nginx.pid;
error_log %[1]s/error.log warn;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
http {
  access_log off; sendfile on; client_max_body_size 0; default_type text/plain;
  keepalive_requests %[2]d; keepalive_timeout 600s;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
`, dir, requests)
	for _, s := range servers {
		body := s.Body
		if body == "" {
			body = s.Name
		}
		header := ""
		if s.Header != "" {
			header = " add_header " + s.Header + ";"
		}
		fmt.Fprintf(&b, `  server { listen %s; root %s; add_header X-Server %s;%s
    location / { return 200 "%s"; }
    location /files/ { alias %s/files/; } }
`, s.Listen, dir, s.Name, header, body, dir)
	}
	b.WriteString("}\n")
	return b.String()
}

// Connectable tells whether a TCP connection to addr is accepted. The connection is closed at once.
func Connectable(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
