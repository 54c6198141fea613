//go:build linux

package tests

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// becomes waits until a server has a status, as show stat tells.
func (c *contender) becomes(t *testing.T, server, status string) {
	t.Helper()
	got := ""
	if !rig.Until(fatal, func() bool { got = readStats(t, tell(t, c.sock, "show stat"))[server]["status"]; return got == status }) {
		t.Fatalf("%s: %s is %s, want %s", c.name, server, got, status)
	}
}

// bothBecome waits until servers have their status at both.
func bothBecome(t *testing.T, all []*contender, status string, servers ...string) {
	t.Helper()
	for _, c := range all {
		for _, server := range servers {
			c.becomes(t, server, status)
		}
	}
}

// port is an address of a contender's.
func (c *contender) port(n string) string { return c.host + ":" + n }

// repeated asks so many times.
func repeated(n int, ask func(*contender) string) func(*contender) string {
	return func(c *contender) string {
		var all []string
		for range n {
			all = append(all, ask(c))
		}
		return strings.Join(all, " ")
	}
}

// TestPublicKubernetes: TLS passes, so that a client sees the certificate of the master that it gets.
func TestPublicKubernetes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	masters := []string{"masters/master1", "masters/master2", "masters/master3"}
	start := func(i int) func() { return startHTTPS(t, fmt.Sprint("m", i+1), p.addr(11+i, 6443)) }
	stops := []func(){start(0), start(1), start(2)}
	all := onPublicFile(t, p, "kubernetes")
	bothBecome(t, all, "UP", masters...)
	ask := func(c *contender) string { return overTLS(t, c.at) }
	bothSay(t, all, "three masters", "m1 m2 m3 m1 m2 m3", repeated(6, ask))
	stops[1]()
	bothBecome(t, all, "DOWN", masters[1])
	bothSay(t, all, "two masters", "m1 m3 m1 m3", repeated(4, ask))
	stops[0]()
	stops[2]()
	bothBecome(t, all, "DOWN", masters...)
	bothSay(t, all, "no master", "nobody", ask)
	start(1)
	bothBecome(t, all, "UP", masters[1])
	bothSay(t, all, "one master", "m2 m2 m2", repeated(3, ask))
	start(0)
	start(2)
	bothBecome(t, all, "UP", masters...)
	bothSay(t, all, "three again", "3 3", func(c *contender) string { return firstAndOthers(repeated(9, ask)(c)) })
}

// overTLS is the name of the server that says that it is well.
func overTLS(t *testing.T, at string) string {
	t.Helper()
	k, err := tls.DialWithDialer(&net.Dialer{Timeout: settle}, "tcp", at, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return "nobody"
	}
	defer k.Close()
	if err := k.SetDeadline(time.Now().Add(settle)); err != nil {
		return err.Error()
	}
	fmt.Fprintf(k, "GET /healthz HTTP/1.1\r\nHost: kubernetes\r\nConnection: close\r\n\r\n")
	a, err := http.ReadResponse(bufio.NewReader(k), nil)
	if err != nil {
		return err.Error()
	}
	defer a.Body.Close()
	if body, err := io.ReadAll(a.Body); err != nil || string(body) != "ok /healthz" {
		return fmt.Sprintf("%q, %v", body, err)
	}
	return k.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// firstAndOthers is how many servers have answered, and how often each, if they all have as often. Who comes back begins anywhere in the order of
// the others, at HAProxy too.
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
	const primary, replica = "OPTIONS /master,", "OPTIONS /replica,"
	one, two := startHealth(t, p.addr(11, 8008), primary), startHealth(t, p.addr(12, 8008), replica)
	all := onPublicFile(t, p, "patroni")
	roles := func(primary, replica string) {
		t.Helper()
		bothBecome(t, all, "UP", "writes/"+primary, "reads/"+replica)
		bothBecome(t, all, "DOWN", "writes/"+replica, "reads/"+primary)
	}
	where := func(port string) func(*contender) string {
		return func(c *contender) string { return psql(c.host, port, "select inet_server_addr()") }
	}
	const writes, reads = "8080", "5001"
	roles("pg1", "pg2")
	bothSay(t, all, "the primary", p.host(11), where(writes))
	bothSay(t, all, "the replica", p.host(12), where(reads))
	over := make(map[string]chan string)
	for _, c := range all { // a transaction that would go on for a minute
		said := make(chan string, 1)
		over[c.name] = said
		go func() { said <- psql(c.host, writes, "select 'it sleeps'; select pg_sleep(60); select 'it slept'") }()
	}
	busy := func() bool {
		return psql(p.host(11), "5432", "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and wait_event = 'PgSleep'") == "2"
	}
	if !rig.Until(fatal, busy) {
		t.Fatal("the transactions do not run")
	}
	one.paths.Store("") // it is neither for a while
	bothBecome(t, all, "DOWN", "writes/pg1", "writes/pg2")
	cut := func(said string) string {
		if strings.Contains(said, "it slept") || !strings.Contains(said, "connection") {
			return said
		}
		return "cut"
	}
	bothSay(t, all, "the transaction on the former primary", "cut", func(c *contender) string { return cut(<-over[c.name]) })
	bothSay(t, all, "nobody is primary", "cut", func(c *contender) string { return cut(where(writes)(c)) })
	// PostgreSQL looks whether its client is there when it has something to say.
	psql(p.host(11), "5432", "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()")
	one.paths.Store(replica)
	two.paths.Store(primary)
	roles("pg2", "pg1")
	bothSay(t, all, "the new primary", p.host(12), where(writes))
	bothSay(t, all, "the new replica", p.host(11), where(reads))
}

// TestPublicGalera: MariaDB, whose nodes are up as long as clustercheck says so, whether they accept connections or not.
func TestPublicGalera(t *testing.T) {
	t.Parallel()
	mariadb := program(t, "mariadb")
	p := newPlace(t)
	const synced = "OPTIONS /,GET /,"
	var nodes []*rig.Process
	var checks []*health
	for i := range 3 {
		nodes = append(nodes, startMariaDB(t, p.addr(11+i, 3306), i+1))
		checks = append(checks, startHealth(t, p.addr(11+i, 9200), synced))
	}
	all := onPublicFile(t, p, "galera")
	ask := func(port string) func(*contender) string {
		return func(c *contender) string {
			out, err := client(t, nil, mariadb, "--no-defaults", "-h", c.host, "-P", port, "-u", "root", "-N", "-B", "-e", "select @@server_id")
			if err != nil {
				return "nobody"
			}
			return strings.TrimSpace(string(out))
		}
	}
	writer := func(want string, states ...string) {
		t.Helper()
		for i, status := range states {
			bothBecome(t, all, status, fmt.Sprint("galera-write/node", i+1), fmt.Sprint("galera-read/node", i+1))
		}
		bothSay(t, all, fmt.Sprint("who writes with ", states), want+" "+want, repeated(2, ask("8080")))
	}
	writer("1", "UP", "UP", "UP")
	bothSay(t, all, "who reads", "1 2 3 1", repeated(4, ask("3307")))
	checks[0].paths.Store("") // it lives, and is not synced
	writer("2", "DOWN", "UP", "UP")
	bothSay(t, all, "who reads without the first", "2 3 2 3", repeated(4, ask("3307")))
	stopPeer(t, nodes[1])
	checks[1].paths.Store("")
	writer("3", "DOWN", "DOWN", "UP")
	checks[2].paths.Store("")
	writer("nobody", "DOWN", "DOWN", "DOWN")
	checks[0].paths.Store(synced)
	writer("1", "UP", "DOWN", "DOWN")
}

// TestPublicRabbitMQ: connections stay with their server, whatever becomes of the others.
func TestPublicRabbitMQ(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var machines []*machine
	for i := range 3 {
		machines = append(machines, startMachine(t, p.addr(11+i, 5672), speaksAMQP(fmt.Sprint("r", i+1))))
	}
	all := onPublicFile(t, p, "rabbitmq")
	bothBecome(t, all, "UP", "rabbitmq/rabbit1", "rabbitmq/rabbit2", "rabbitmq/rabbit3")
	consumers := make(map[string][]*raw)
	bothSay(t, all, "consumers", "r1 r2 r3 r1", repeated(4, func(c *contender) string {
		k := dial(t, c.at)
		consumers[c.name] = append(consumers[c.name], k)
		return greeting(k)
	}))
	bothSay(t, all, "keep-alive of clients", "true", func(c *contender) string {
		k := consumers[c.name][1].LocalAddr().String()
		return fmt.Sprint(hasKeepAlive(t, func(s rig.Socket) bool { return s.Local.String() == c.at && s.Remote.String() == k }))
	})
	kept := func(s rig.Socket) bool {
		return s.State == rig.Established && s.Timer == rig.KeepAlive && s.Remote.String() == p.addr(12, 5672)
	}
	if !soon(func() bool { found, err := rig.Sockets(kept); return err == nil && len(found) == len(all) }) {
		t.Error("connections to a server have no keep-alive")
	}
	machines[0].stop()
	bothBecome(t, all, "DOWN", "rabbitmq/rabbit1")
	bothSay(t, all, "the consumers of the first one are gone, the others are not", "end beats beats end", func(c *contender) string {
		var said []string
		for _, k := range consumers[c.name] {
			said = append(said, beats(k))
		}
		return strings.Join(said, " ")
	})
	newcomer := func(c *contender) string {
		k := dial(t, c.at)
		defer k.Close()
		return greeting(k)
	}
	bothSay(t, all, "newcomers", "r2 r3 r2 r3", repeated(4, newcomer))
	machines[0].start()
	bothBecome(t, all, "UP", "rabbitmq/rabbit1")
	bothSay(t, all, "newcomers to three", "3 2", func(c *contender) string { return firstAndOthers(repeated(6, newcomer)(c)) })
}

// greeting is the name of the server that a client gets.
func greeting(k *raw) string {
	k.t.Helper()
	k.send(amqpHeader)
	start := make([]byte, len(amqpStart("r1")))
	if _, err := io.ReadFull(k.r, start); err != nil {
		return err.Error()
	}
	for i := range 3 {
		if name := fmt.Sprint("r", i+1); string(start) == amqpStart(name) {
			return name
		}
	}
	return fmt.Sprintf("%q", start)
}

// beats says whether a heartbeat comes back, or the connection has ended.
func beats(k *raw) string {
	k.t.Helper()
	k.deadline(settle)
	if _, err := io.WriteString(k, amqpHeartbeat); err != nil {
		return "end"
	}
	frame := make([]byte, len(amqpHeartbeat))
	if _, err := io.ReadFull(k.r, frame); timedOut(err) {
		return "silence"
	} else if err != nil {
		return "end"
	}
	return map[bool]string{true: "beats", false: "other bytes"}[string(frame) == amqpHeartbeat]
}

// TestPublicRedis: of servers that accept connections all are up, as long as no dialogue can be had.
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
	servers := []*rig.Process{start(0), start(1), start(2)}
	all := onPublicFile(t, p, "redis")
	const one, two, three = "redis_master/redis1", "redis_master/redis2", "redis_master/redis3"
	ask := func(c *contender) string {
		k := dial(t, c.at)
		defer k.Close()
		return bound(k, p)
	}
	bothBecome(t, all, "UP", one, two, three)
	bothSay(t, all, "all", "1 2 3 1 2 3", repeated(6, ask))
	stopPeer(t, servers[0])
	stopPeer(t, servers[1])
	bothBecome(t, all, "DOWN", one, two)
	bothSay(t, all, "the third alone", "3 3 3", repeated(3, ask))
	start(1)
	bothBecome(t, all, "UP", two)
	bothSay(t, all, "the second is back", "2 3", func(c *contender) string { return firstAndOthers(repeated(6, ask)(c)) })
}

// bound is the number of the server of Redis that a client gets.
func bound(k *raw, p place) string {
	k.t.Helper()
	k.send("CONFIG GET bind\r\n")
	k.expect("*2\r\n$4\r\nbind\r\n$")
	k.deadline(settle)
	if _, err := k.r.ReadString('\n'); err != nil {
		return err.Error()
	}
	host, err := k.r.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	for i := range 3 {
		if strings.TrimSpace(host) == p.host(11+i) {
			return fmt.Sprint(i + 1)
		}
	}
	return host
}

// TestPublicMail: who listens learns the address that the file says, and is up when it accepts connections.
func TestPublicMail(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var machines []*machine
	for _, port := range []int{10025, 10143, 10389, 10587} {
		for i := range 2 {
			machines = append(machines, startMachine(t, p.addr(11+i, port), tells))
		}
	}
	all := onPublicFile(t, p, "mail")
	at := func(port string) func(*contender) string {
		return func(c *contender) string { return told(t, "tcp", c.port(port)) }
	}
	smtp, imap, ldap := at("8080"), at("10143"), at("10389")
	from := func(i, port int, source string) string { return p.addr(11+i, port) + " from " + source }
	bothBecome(t, all, "UP", "smtp/mx1", "smtp/mx2", "imap/imap1", "imap/imap2", "ldap/ldap1", "ldap/ldap2", "submission/mx1")
	bothSay(t, all, "submission", from(0, 10587, "127.0.0.1"), at("10587"))
	bothSay(t, all, "mail", from(0, 10025, "127.0.0.1")+" "+from(1, 10025, "127.0.0.1"), repeated(2, smtp))
	bothSay(t, all, "boxes", from(0, 10143, p.host(5))+" "+from(1, 10143, p.host(5)), repeated(2, imap))
	bothSay(t, all, "the directory", from(0, 10389, p.host(6))+" "+from(0, 10389, p.host(6)), repeated(2, ldap))
	machines[0].stop() // the first one for mail
	machines[4].stop() // and for the directory
	bothBecome(t, all, "DOWN", "smtp/mx1", "ldap/ldap1")
	bothSay(t, all, "mail by the second", from(1, 10025, "127.0.0.1")+" "+from(1, 10025, "127.0.0.1"), repeated(2, smtp))
	bothSay(t, all, "the directory's backup", from(1, 10389, p.host(6)), ldap)
	machines[0].start()
	machines[4].start()
	bothBecome(t, all, "UP", "smtp/mx1", "ldap/ldap1")
	bothSay(t, all, "the directory again", from(0, 10389, p.host(6)), ldap)
}
