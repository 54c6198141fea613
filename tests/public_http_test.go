//go:build linux

package tests

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lbmaster/tools/rig"
)

// gets is what a client gets: status, server and cookies.
func gets(t *testing.T, c *contender, path string, fields ...string) string {
	t.Helper()
	a, err := tryFetch(newClient(t), "http://"+c.at+path, fields...)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(a.StatusCode, " ", a.server(), " ", a.Header["Set-Cookie"])
}

// fetches is the same for bothSay.
func fetches(t *testing.T, path string, fields ...string) func(*contender) string {
	return func(c *contender) string { return gets(t, c, path, fields...) }
}

// whoAnswers is the servers that some requests go to, one after the other, each on a connection of its own.
func whoAnswers(t *testing.T, at string, n int) string {
	t.Helper()
	var all []string
	for range n {
		c := dial(t, at)
		c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		a := c.answer("GET")
		all = append(all, a.server())
		c.Close()
	}
	return strings.Join(all, " ")
}

// TestPublicWebSocket: pages and WebSockets of a client are those of one server, which its cookie names.
func TestPublicWebSocket(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	one := startOrigin(t, "one", p.addr(11, 3000))
	startOrigin(t, "two", p.addr(12, 3000))
	all := onPublicFile(t, p, "websocket")
	const cookieOne, cookieTwo = "Cookie: a=b; io=ws1", "Cookie: io=ws2; c=d"
	bothBecome(t, all, "UP", "nodejs/ws1", "nodejs/ws2")
	bothSay(t, all, "a client comes", "200 one [io=ws1; path=/]", fetches(t, "/"))
	bothSay(t, all, "and another one", "200 two [io=ws2; path=/]", fetches(t, "/"))
	bothSay(t, all, "the first again", "200 one [] 200 one []", repeated(2, fetches(t, "/", cookieOne)))
	open := make(map[string]*raw)
	bothSay(t, all, "its WebSocket", "101 one [], hello", func(c *contender) string {
		k, said := socket(t, c.at, cookieOne)
		open[c.name] = k
		return said
	})
	bothSay(t, all, "that of the other", "101 two [], hello", func(c *contender) string {
		k, said := socket(t, c.at, cookieTwo)
		k.Close()
		return said
	})
	one.Close()
	bothBecome(t, all, "DOWN", "nodejs/ws1")
	bothSay(t, all, "the WebSocket to the server that is gone", "ends", func(c *contender) string { open[c.name].closed(); return "ends" })
	bothSay(t, all, "who comes back", "101 two [io=ws2; path=/], hello", func(c *contender) string {
		k, said := socket(t, c.at, cookieOne)
		k.Close()
		return said
	})
	startOrigin(t, "one", p.addr(11, 3000))
	bothBecome(t, all, "UP", "nodejs/ws1")
	bothSay(t, all, "both are back", "200 one [] 200 two []", func(c *contender) string {
		return gets(t, c, "/", cookieOne) + " " + gets(t, c, "/", cookieTwo)
	})
}

// socket opens a WebSocket, says something, and tells what came back.
func socket(t *testing.T, at, field string) (*raw, string) {
	t.Helper()
	k := dial(t, at)
	k.send(strings.Replace(upgradeRequest, "\r\n\r\n", "\r\n"+field+"\r\n\r\n", 1))
	a := k.answer("GET")
	k.send("hello")
	k.expect("hello")
	return k, fmt.Sprint(a.StatusCode, " ", a.server(), " ", a.Header["Set-Cookie"], ", hello")
}

// startNamedNginx starts a server of the site www.example.org, which tells what it has been told. Who asks for another site gets 503.
func startNamedNginx(t *testing.T, name, addr string) *rig.Process {
	t.Helper()
	dir := t.TempDir()
	conf := fmt.Sprintf(`daemon off; master_process off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 100; }
http {
  access_log off; default_type text/plain;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  server { listen %[2]s default_server; return 503; }
  server {
    listen %[2]s; server_name www.example.org;
    add_header X-Origin %[3]s; add_header X-Told "for=$http_x_forwarded_for cookie=$http_cookie";
    location / { return 200 "page of %[3]s"; }
  }
}
`, dir, addr, name)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := rig.Start("nginx", []string{program(t, "nginx"), "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, n) })
	if err := n.Ready(fatal, func() bool { return rig.Connectable(addr) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPublicNginx: cookies that only the load balancer sees, on connections that clients keep.
func TestPublicNginx(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	start := func(i int) *rig.Process { return startNamedNginx(t, fmt.Sprint("web", i+1), p.addr(11+i, 10080)) }
	servers := []*rig.Process{start(0), start(1), start(2)}
	all := onPublicFile(t, p, "nginx")
	clients := make(map[string]*http.Client)
	for _, c := range all {
		clients[c.name] = newClient(t) // it keeps its connection
	}
	ask := func(fields ...string) func(*contender) string {
		return func(c *contender) string {
			req, err := http.NewRequest("GET", "http://"+c.at+"/", nil)
			if err != nil {
				return err.Error()
			}
			req.Host = "www.example.org"
			for _, f := range fields {
				name, value, _ := strings.Cut(f, ": ")
				req.Header.Add(name, value)
			}
			a, err := clients[c.name].Do(req)
			if err != nil {
				return err.Error()
			}
			a.Body.Close()
			h := a.Header
			return fmt.Sprint(a.StatusCode, " ", h.Get("X-Origin"), " ", h["Set-Cookie"], " ", h.Get("X-Told"))
		}
	}
	const one, two, three = "webfarm/web1", "webfarm/web2", "webfarm/web3"
	bothBecome(t, all, "UP", one, two, three)
	bothSay(t, all, "the first client", "200 web1 [LBSERVER=w1; path=/] for= cookie=", ask())
	bothSay(t, all, "the second", "200 web2 [LBSERVER=w2; path=/] for= cookie=", ask())
	bothSay(t, all, "the second again", "200 web2 [] for= cookie=a=b; c=d", ask("Cookie: a=b; LBSERVER=w2; c=d"))
	bothSay(t, all, "who has been at the backup", "200 web3 [] for= cookie=", ask("Cookie: LBSERVER=w3"))
	bothSay(t, all, "a cookie of nobody's", "200 web1 [LBSERVER=w1; path=/] for= cookie=", ask("Cookie: LBSERVER=w9"))
	stopPeer(t, servers[1])
	bothBecome(t, all, "DOWN", two)
	bothSay(t, all, "the second, whose server is gone", "200 web1 [LBSERVER=w1; path=/] for= cookie=", ask("Cookie: LBSERVER=w2"))
	stopPeer(t, servers[0])
	bothBecome(t, all, "DOWN", one)
	bothSay(t, all, "the backup helps out", "200 web3 [LBSERVER=w3; path=/] for= cookie=", ask("Cookie: LBSERVER=w2"))
	stopPeer(t, servers[2])
	bothBecome(t, all, "DOWN", three)
	bothSay(t, all, "nobody is left", "503  [] ", ask("Cookie: LBSERVER=w2"))
	start(1)
	bothBecome(t, all, "UP", two)
	bothSay(t, all, "the second server is back", "200 web2 [] for= cookie=", ask("Cookie: LBSERVER=w2"))
	bothSay(t, all, "who knew another one", "200 web2 [LBSERVER=w2; path=/] for= cookie=", ask("Cookie: LBSERVER=w1"))
}

// TestPublicOld: cookies of the application get the server's name before them, and the one relay has a backup.
func TestPublicOld(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	one := startOrigin(t, "one", p.addr(11, 8080))
	startOrigin(t, "two", p.addr(12, 8080))
	mail := startMachine(t, p.addr(11, 8026), tells)
	startMachine(t, p.addr(12, 8026), tells)
	all := onPublicFile(t, p, "old")
	bothBecome(t, all, "UP", "shop/app1", "shop/app2", "relay/mail1", "relay/mail2")
	set := fetches(t, "/set-cookie/SHOP/x")
	bothSay(t, all, "cookies that the application sets", "200 one [SHOP=app1inst1~x; path=/] 200 two [SHOP=app1inst2~x; path=/]", repeated(2, set))
	bothSay(t, all, "a client comes back", "200 two [] 200 two []", repeated(2, fetches(t, "/", "Cookie: SHOP=app1inst2~x")))
	bothSay(t, all, "what the server sees", "x-forwarded-for: 127.0.0.1 SHOP=x close", func(c *contender) string {
		a := fetch(t, newClient(t), "http://"+c.at+"/headers", "Cookie: SHOP=app1inst1~x")
		_, cookie, _ := strings.Cut(a.body, "ookie: ")
		cookie, _, _ = strings.Cut(cookie, "\r\n")
		return tellsOfClient(a.body) + " " + cookie + map[bool]string{true: " close"}[a.Close]
	})
	relayed := func(c *contender) string { return told(t, "tcp", c.port("8025")) }
	bothSay(t, all, "the relay", p.addr(11, 8026)+" from 127.0.0.1", relayed)
	one.Close()
	mail.stop()
	bothBecome(t, all, "DOWN", "shop/app1", "relay/mail1")
	bothSay(t, all, "another server, which sets it anew", "200 two [SHOP=app1inst2~x; path=/]", fetches(t, "/set-cookie/SHOP/x", "Cookie: SHOP=app1inst1~x"))
	bothSay(t, all, "the backup of the relay", p.addr(12, 8026)+" from 127.0.0.1", relayed)
	startOrigin(t, "one", p.addr(11, 8080))
	mail.start()
	bothBecome(t, all, "UP", "shop/app1", "relay/mail1")
	bothSay(t, all, "the first server again", "200 one []", fetches(t, "/", "Cookie: SHOP=app1inst1~x"))
	bothSay(t, all, "the relay again", p.addr(11, 8026)+" from 127.0.0.1", relayed)
}

// TestPublicDebian: the pages of the package, its users and its jail.
func TestPublicDebian(t *testing.T) {
	asRoot(t)
	t.Parallel()
	p := newPlace(t)
	one := startOrigin(t, "one", p.addr(11, 8080))
	startOrigin(t, "two", p.addr(12, 8080))
	startOrigin(t, "three", p.addr(13, 8080))
	all := onPublicFile(t, p, "debian")
	const web1, web2, web3 = "http_back/web01", "http_back/web02", "http_back/web03"
	bothBecome(t, all, "UP", web1, web3)
	bothBecome(t, all, "MAINT", web2)
	bothSay(t, all, "one is disabled", "one three one three", func(c *contender) string { return whoAnswers(t, c.at, 4) })
	one.Close()
	bothBecome(t, all, "DOWN", web1, web3)
	bothSay(t, all, "nobody is left", debianPage(t, "503"), func(c *contender) string {
		k := dial(t, c.at)
		k.send("GET / HTTP/1.0\r\n\r\n")
		return answerText(k)
	})
	for _, c := range all {
		if said := strings.TrimSpace(tell(t, c.sock, "enable server "+web2)); said != "" {
			t.Error(c.name, said)
		}
	}
	bothSay(t, all, "the disabled one helps out", "two two", func(c *contender) string { return whoAnswers(t, c.at, 2) })
	startOrigin(t, "one", p.addr(11, 8080))
	bothBecome(t, all, "UP", web1, web3)
	bothSay(t, all, "all are there", "3 2", func(c *contender) string { return firstAndOthers(whoAnswers(t, c.at, 6)) })
}

// debianPage is a page of the package, as clients get it.
func debianPage(t *testing.T, status string) string {
	t.Helper()
	program(t, "haproxy")
	text, err := os.ReadFile("/etc/haproxy/errors/" + status + ".http")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n\n")
	return status + " text/html " + body
}

// answerText is an answer to a client without pretensions.
func answerText(k *raw) string {
	k.t.Helper()
	a := k.answer("GET")
	return fmt.Sprint(a.StatusCode, " ", a.Header.Get("Content-Type"), " ", strings.ReplaceAll(a.body, "\r\n", "\n"))
}

// TestPublicStatic: without the line that parts them, all requests go to default_backend, as its message says.
func TestPublicStatic(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "static", p.addr(11, 4331))
	app := startOrigin(t, "app1", p.addr(12, 5001))
	startOrigin(t, "app2", p.addr(13, 5002))
	all := onPublicFile(t, p, "static")
	bothBecome(t, all, "UP", "static/static1", "app/app1", "app/app2")
	paths := func(c *contender) string { return gets(t, c, "/static/a.css") + " " + gets(t, c, "/a") }
	bothSay(t, all, "two paths", "200 app1 [] 200 app2 []", paths)
	app.Close()
	bothBecome(t, all, "DOWN", "app/app1")
	bothSay(t, all, "one server", "200 app2 [] 200 app2 []", paths)
	startOrigin(t, "app1", p.addr(12, 5001))
	bothBecome(t, all, "UP", "app/app1")
	bothSay(t, all, "two servers", "2 2", func(c *contender) string { return firstAndOthers(whoAnswers(t, c.at, 4)) })
}
