//go:build linux

package tests

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"lbmaster/tools/rig"
)

// The files of testdata/public are written after the habits of public ones, each for another trade. Those without a file NAME.errors beside
// them run, before real servers, and beside Debian's HAProxy where that takes them: the same clients see the same.

// publicFile is one of them, with a test's addresses.
func publicFile(t *testing.T, p place, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/public", name+".cfg"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	page := "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\nsorry\n"
	if err := os.WriteFile(filepath.Join(dir, "503.http"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("<ONE>", p.host(11), "<TWO>", p.host(12), "<THREE>", p.host(13), "<DIR>", dir).Replace(string(text))
}

// TestPublicFilesSayWhatIsMissing: what cannot be run names each line for it, what is missing, and whether leaving the line out is safe.
func TestPublicFilesSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/public/*.errors")
	if *update {
		files = []string{"redis-sentinel", "static", "tls", "mail"}
	}
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	d := newBarracks(t, newPlace(t))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".errors")
		text, err := os.ReadFile("testdata/public/" + name + ".cfg")
		if err != nil {
			t.Fatal(err)
		}
		d.write("haproxy.cfg", string(text))
		status, said := d.command(d.exe, "-t", "-f", "haproxy.cfg")
		if status != 1 {
			t.Errorf("%s: exit status %d", name, status)
		}
		golden := "testdata/public/" + name + ".errors"
		if *update {
			if err := os.WriteFile(golden, []byte(said+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || said+"\n" != string(want) {
			t.Errorf("%s: %v; it said:\n%s\nwant:\n%s", name, err, said, want)
		}
	}
}

// becomes waits until a server has a status, as show stat tells.
func (c *contender) becomes(t *testing.T, server, status string) {
	t.Helper()
	got := ""
	if !rig.Until(fatal, func() bool { got = readStats(t, tell(t, c.sock, "show stat"))[server]["status"]; return got == status }) {
		t.Fatalf("%s: %s is %s, want %s", c.name, server, got, status)
	}
}

// health is an agent that says of a server what it is for, by the path that is asked for.
type health struct {
	*http.Server
	paths atomic.Value // string: those that are answered 200
}

func startHealth(t *testing.T, addr, paths string) *health {
	t.Helper()
	h := &health{}
	h.paths.Store(paths)
	h.Server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(h.paths.Load().(string), r.URL.Path+" ") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = h.Serve(l) }()
	t.Cleanup(func() { h.Close() })
	return h
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

func TestPublicKubernetes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var masters []*origin
	for i := range 3 {
		masters = append(masters, startOrigin(t, fmt.Sprint("m", i+1), p.addr(11+i, 6443)))
	}
	all := onSameFile(t, p, publicFile(t, p, "kubernetes"))
	for _, c := range all {
		for _, name := range []string{"master-1", "master-2", "master-3"} {
			c.becomes(t, "apiserverbackend/"+name, "UP")
		}
	}
	turns := func(n int) func(*contender) string {
		return func(c *contender) string { return firstAndOthers(whoAnswers(t, c.at, n)) }
	}
	bothSay(t, all, "three masters", "3 3", turns(9))
	masters[1].Close()
	for _, c := range all {
		c.becomes(t, "apiserverbackend/master-2", "DOWN")
	}
	bothSay(t, all, "two masters", "2 4", turns(8))
	startOrigin(t, "m2", p.addr(12, 6443))
	for _, c := range all {
		c.becomes(t, "apiserverbackend/master-2", "UP")
	}
	bothSay(t, all, "three again", "3 3", turns(9))
}

// firstAndOthers is how many servers have answered, and how often each, if they all have as often.
func firstAndOthers(answers string) string {
	count := make(map[string]int)
	for name := range strings.FieldsSeq(answers) {
		count[name]++
	}
	each := 0
	for _, n := range count {
		if each != 0 && n != each {
			return fmt.Sprint("uneven: ", answers)
		}
		each = n
	}
	return fmt.Sprint(len(count), " ", each)
}

// TestPublicPatroni: PostgreSQL, of which two addresses are two machines. Sessions on a primary that is none any more end, and new ones go
// to the next one.
func TestPublicPatroni(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	query := startPostgres(t, p.host(11)+","+p.host(12), "5432")
	psql := func(host, port, sql string) string {
		out, err := query(host, port, sql)
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(string(out))
	}
	one, two := startHealth(t, p.addr(11, 8008), "/primary "), startHealth(t, p.addr(12, 8008), "/replica ")
	all := onSameFile(t, p, publicFile(t, p, "patroni"))
	roles := func(primary, replica string) {
		t.Helper()
		for _, c := range all {
			c.becomes(t, "primary/"+primary, "UP")
			c.becomes(t, "replicas/"+replica, "UP")
			c.becomes(t, "primary/"+replica, "DOWN")
			c.becomes(t, "replicas/"+primary, "DOWN")
		}
	}
	where := func(port string) func(*contender) string {
		return func(c *contender) string { return psql(c.host, port, "select inet_server_addr()") }
	}
	roles("pg1", "pg2")
	bothSay(t, all, "the primary", p.host(11), where("8080"))
	bothSay(t, all, "the replica", p.host(12), where("5433"))
	over := make(map[string]chan string)
	for _, c := range all { // a transaction that would go on for a minute
		said := make(chan string, 1)
		over[c.name] = said
		go func() { said <- psql(c.host, "8080", "select 'it sleeps'; select pg_sleep(60); select 'it slept'") }()
	}
	busy := func() bool {
		return psql(p.host(11), "5432", "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and wait_event = 'PgSleep'") == "2"
	}
	if !rig.Until(fatal, busy) {
		t.Fatal("the transactions do not run")
	}
	one.paths.Store("/replica ")
	two.paths.Store("/primary ")
	roles("pg2", "pg1")
	bothSay(t, all, "the transaction on the former primary", "cut", func(c *contender) string {
		if said := <-over[c.name]; strings.Contains(said, "it slept") || !strings.Contains(said, "connection") {
			return said
		}
		return "cut"
	})
	// PostgreSQL looks whether its client is there when it has something to say.
	psql(p.host(11), "5432", "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()")
	bothSay(t, all, "the new primary", p.host(12), where("8080"))
	bothSay(t, all, "the new replica", p.host(11), where("5433"))
}

func TestPublicGalera(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var checks []*health
	for i := range 3 {
		startTeller(t, "tcp", p.addr(11+i, 3306))
		checks = append(checks, startHealth(t, p.addr(11+i, 9200), "/ "))
	}
	all := onSameFile(t, p, publicFile(t, p, "galera"))
	node := func(n int, ups ...string) {
		t.Helper()
		for i, want := range ups {
			for _, c := range all {
				c.becomes(t, fmt.Sprint("galera/node", i+1), want)
			}
		}
		bothSay(t, all, fmt.Sprint("with ", ups), fmt.Sprintf("%[1]s %[1]s %[1]s", p.addr(10+n, 3306)), func(c *contender) string {
			var said []string
			for range 3 {
				first, _, _ := strings.Cut(told(t, "tcp", c.at), " ")
				said = append(said, first)
			}
			return strings.Join(said, " ")
		})
	}
	node(1, "UP", "UP", "UP")
	checks[0].paths.Store("")
	node(2, "DOWN", "UP", "UP")
	checks[1].paths.Store("")
	node(3, "DOWN", "DOWN", "UP")
	checks[0].paths.Store("/ ")
	node(1, "UP", "DOWN", "UP")
}

func TestPublicRabbitMQ(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startTeller(t, "tcp", p.addr(11, 5672))
	startTeller(t, "tcp", p.addr(12, 5672))
	all := onSameFile(t, p, publicFile(t, p, "rabbitmq"))
	bothSay(t, all, "a connection with keep-alive on both sides", "true true", func(c *contender) string {
		client := dial(t, c.at)
		defer client.Close()
		client.expect(p.addr(11, 5672) + " from 127.0.0.1\n")
		return fmt.Sprint(hasKeepAlive(t, func(s rig.Socket) bool { return s.Local.String() == c.at }), " ",
			hasKeepAlive(t, func(s rig.Socket) bool { return s.Remote.String() == p.addr(11, 5672) }))
	})
}

func TestPublicWebSocket(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.addr(11, 3000))
	startOrigin(t, "two", p.addr(12, 3000))
	all := onSameFile(t, p, publicFile(t, p, "websocket"))
	bothSay(t, all, "a client comes, with its cookie, and opens a WebSocket", "one [io=ws0; path=/] one one 101 hello", func(c *contender) string {
		first := fetch(t, newClient(t), "http://"+c.at+"/")
		again := fetch(t, newClient(t), "http://"+c.at+"/", "Cookie: io=ws0")
		other := fetch(t, newClient(t), "http://"+c.at+"/", "Cookie: io=ws0")
		client := dial(t, c.at)
		client.send(strings.Replace(upgradeRequest, "\r\n\r\n", "\r\nCookie: io=ws0\r\n\r\n", 1))
		status := client.answer("GET").StatusCode
		client.send("hello")
		client.expect("hello")
		client.Close()
		return fmt.Sprint(first.server(), " ", first.Header["Set-Cookie"], " ", again.server(), " ", other.server(), " ", status, " hello")
	})
}

func TestPublicNginx(t *testing.T) {
	t.Parallel()
	nginx := program(t, "nginx")
	p := newPlace(t)
	servers := make([]*rig.Process, 3)
	start := func(i int) {
		t.Helper()
		var err error
		servers[i], err = rig.StartNginx(nginx, t.TempDir(), rig.Endless, []rig.NginxServer{{Name: fmt.Sprint("web", i+1), Listen: p.addr(11+i, 80)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stopPeer(t, servers[i]) })
	}
	for i := range servers {
		start(i)
	}
	all := onSameFile(t, p, publicFile(t, p, "nginx"))
	visit := func(fields ...string) func(*contender) string {
		return func(c *contender) string {
			a, err := tryFetch(newClient(t), "http://"+c.at+"/", fields...)
			if err != nil {
				return err.Error()
			}
			return fmt.Sprint(a.StatusCode, " ", a.Header.Get("X-Server"), " ", a.Header["Set-Cookie"])
		}
	}
	up := func(states ...string) {
		t.Helper()
		for i, want := range states {
			for _, c := range all {
				c.becomes(t, fmt.Sprint("web/web", i+1), want)
			}
		}
	}
	up("UP", "UP")
	bothSay(t, all, "the first client", "200 web1 [SRV=w1; path=/]", visit())
	bothSay(t, all, "the second", "200 web2 [SRV=w2; path=/]", visit())
	bothSay(t, all, "the second again", "200 web2 []", visit("Cookie: SRV=w2"))
	stopPeer(t, servers[1])
	up("UP", "DOWN")
	bothSay(t, all, "the second, whose server is gone", "200 web1 [SRV=w1; path=/]", visit("Cookie: SRV=w2"))
	stopPeer(t, servers[0])
	up("DOWN", "DOWN")
	bothSay(t, all, "nobody is left", "200 web3 [SRV=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/]", visit("Cookie: SRV=w2"))
	start(0)
	up("UP", "DOWN")
	bothSay(t, all, "the first server is back", "200 web1 [SRV=w1; path=/]", visit())
}

func TestPublicRedis(t *testing.T) {
	t.Parallel()
	redis := program(t, "redis-server")
	p := newPlace(t)
	start := func(i int) *rig.Process {
		t.Helper()
		r, err := rig.Start("redis", []string{redis, "--bind", p.host(11 + i), "--port", "6379", "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--daemonize", "no"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stopPeer(t, r) })
		if err := r.Ready(fatal, func() bool { return rig.Connectable(p.addr(11+i, 6379)) }); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := start(0)
	start(1)
	for i := range 2 {
		c := dial(t, p.addr(11+i, 6379))
		c.send(fmt.Sprintf("SET who redis%d\r\n", i+1))
		c.expect("+OK\r\n")
	}
	all := onSameFile(t, p, publicFile(t, p, "redis"))
	ask := func(c *contender) string {
		client := dial(t, c.at)
		defer client.Close()
		client.send("GET who\r\n")
		client.expect("$6\r\nredis")
		n, err := client.r.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		return "redis" + string(n)
	}
	for _, c := range all {
		c.becomes(t, "redis/redis1", "UP")
	}
	bothSay(t, all, "the first one", "redis1", ask)
	stopPeer(t, first)
	for _, c := range all {
		c.becomes(t, "redis/redis1", "DOWN")
	}
	bothSay(t, all, "it is gone", "redis2", ask)
	start(0) // it has forgotten all, and is asked again
	for _, c := range all {
		c.becomes(t, "redis/redis1", "UP")
	}
	bothSay(t, all, "it is back", "$-1", func(c *contender) string {
		client := dial(t, c.at)
		defer client.Close()
		client.send("GET who\r\n")
		client.expect("$-1\r\n")
		return "$-1"
	})
}

// TestPublicOld: HAProxy takes no such file any more. It gets one in its words of today.
func TestPublicOld(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	startOrigin(t, "one", p.addr(11, 8080))
	startOrigin(t, "two", p.addr(12, 8080))
	text := publicFile(t, p, "old")
	today := strings.NewReplacer("contimeout", "timeout connect", "clitimeout", "timeout client", "srvtimeout", "timeout server", "    nbproc 1\n", "",
		"listen appli1-rewrite <AT>", "listen appli1-rewrite\n    bind <AT>").Replace(text)
	all := []*contender{contend(t, p, "HAProxy", today), contend(t, p, "lbmaster", text)}
	bothSay(t, all, "cookies that the application sets", "[SERVERID=app1inst1; path=/] [SERVERID=app1inst2; path=/] two", func(c *contender) string {
		first := fetch(t, newClient(t), "http://"+c.at+"/set-cookie/SERVERID/x")
		second := fetch(t, newClient(t), "http://"+c.at+"/set-cookie/SERVERID/x")
		again := fetch(t, newClient(t), "http://"+c.at+"/", "Cookie: SERVERID=app1inst2")
		return fmt.Sprint(first.Header["Set-Cookie"], " ", second.Header["Set-Cookie"], " ", again.server())
	})
	bothSay(t, all, "the address of the client, and the end of the connection", "x-forwarded-for: 127.0.0.1 close", func(c *contender) string {
		a := fetch(t, newClient(t), "http://"+c.at+"/headers")
		return tellsOfClient(a.body) + " " + strings.Join(a.TransferEncoding, "") + map[bool]string{true: "close"}[a.Close]
	})
}

func TestPublicDebian(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	one := startOrigin(t, "one", p.addr(11, 9000))
	startOrigin(t, "two", p.addr(12, 9000))
	startOrigin(t, "three", p.addr(13, 9000))
	all := onSameFile(t, p, publicFile(t, p, "debian"))
	for _, c := range all {
		c.becomes(t, "nodes/web01", "UP")
		c.becomes(t, "nodes/web02", "MAINT")
	}
	bothSay(t, all, "one is disabled", "one three one three", func(c *contender) string { return whoAnswers(t, c.at, 4) })
	one.Close()
	for _, c := range all {
		c.becomes(t, "nodes/web03", "DOWN")
	}
	bothSay(t, all, "nobody is left", "503 sorry\n", func(c *contender) string {
		a, err := tryFetch(newClient(t), "http://"+c.at+"/")
		return fmt.Sprint(a.StatusCode, " ", a.body, map[bool]string{false: fmt.Sprint(err)}[err == nil])
	})
	for _, c := range all {
		if said := strings.TrimSpace(tell(t, c.sock, "enable server nodes/web02")); said != "" {
			t.Error(c.name, said)
		}
	}
	bothSay(t, all, "the disabled one helps out", "two two", func(c *contender) string { return whoAnswers(t, c.at, 2) })
}
