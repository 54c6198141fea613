//go:build linux

package tests

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lbmaster/tools/rig"
)

// Servers that files of testdata/public are in front of.

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
		if !strings.Contains(h.paths.Load().(string), r.Method+" "+r.URL.Path+",") {
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

// machine serves connections by a function of the test's. It can be stopped, with all its connections, and started again.
type machine struct {
	t     *testing.T
	addr  string
	serve func(net.Conn)
	l     net.Listener

	mu      sync.Mutex
	conns   map[net.Conn]bool // guarded by mu; nil: stopped
	running sync.WaitGroup
}

func startMachine(t *testing.T, addr string, serve func(net.Conn)) *machine {
	t.Helper()
	m := &machine{t: t, addr: addr, serve: serve}
	m.start()
	t.Cleanup(m.stop)
	return m
}

func (m *machine) start() {
	m.t.Helper()
	var err error
	if m.l, err = net.Listen("tcp", m.addr); err != nil {
		m.t.Fatal(err)
	}
	m.conns = make(map[net.Conn]bool)
	m.running.Go(func() {
		for {
			c, err := m.l.Accept()
			if err != nil {
				return
			}
			if !m.keep(c) {
				c.Close()
				return
			}
			m.running.Go(func() { m.serve(c); c.Close() })
		}
	})
}

// keep notes a connection, unless the machine has been stopped.
func (m *machine) keep(c net.Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conns == nil {
		return false
	}
	m.conns[c] = true
	return true
}

func (m *machine) stop() {
	m.l.Close()
	m.mu.Lock()
	for c := range m.conns {
		c.Close()
	}
	m.conns = nil
	m.mu.Unlock()
	m.running.Wait()
}

// tells is what a machine does that says to whom a connection was made and from where, and echoes.
func tells(c net.Conn) {
	from, _, _ := net.SplitHostPort(c.RemoteAddr().String())
	fmt.Fprintf(c, "%v from %v\n", c.LocalAddr(), from)
	_, _ = io.Copy(c, c)
}

// keyPair is a certificate and its key, as files have them.
func keyPair(t *testing.T, name string) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	cert, err1 := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	private, err2 := x509.MarshalECPrivateKey(key)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	var both []string
	for _, b := range []*pem.Block{{Type: "CERTIFICATE", Bytes: cert}, {Type: "EC PRIVATE KEY", Bytes: private}} {
		both = append(both, string(pem.EncodeToMemory(b)))
	}
	return both
}

// startHTTPS starts a server that has a certificate with a name, and says that it is well. It can be stopped.
func startHTTPS(t *testing.T, name, addr string) (stop func()) {
	t.Helper()
	pair := keyPair(t, name)
	cert, err := tls.X509KeyPair([]byte(pair[0]), []byte(pair[1]))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok "+r.URL.Path) }),
		ErrorLog:  log.New(io.Discard, "", 0), // checks connect and say nothing
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.ServeTLS(l, "", "") }()
	stop = func() { s.Close(); <-done }
	t.Cleanup(stop)
	return stop
}

// startMariaDB starts a server without users and tables, which knows its number. It can be stopped.
func startMariaDB(t *testing.T, addr string, number int) *rig.Process {
	t.Helper()
	host, port := hostPort(addr)
	dir := t.TempDir()
	p, err := rig.Start("mariadbd", []string{
		program(t, "mariadbd"), "--no-defaults", "--user=root", "--datadir=" + dir, "--socket=" + filepath.Join(dir, "s"), "--pid-file=" + filepath.Join(dir, "pid"),
		"--bind-address=" + host, "--port=" + port, "--server-id=" + strconv.Itoa(number), "--skip-grant-tables", "--skip-name-resolve", "--skip-networking=0",
		"--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-use-native-aio=0", "--innodb-flush-log-at-trx-commit=0",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPeer(t, p) })
	if err := p.Ready(fatal, func() bool { return p.Stderr.Has("ready for connections") }); err != nil {
		t.Fatal(err)
	}
	return p
}

// amqpHeader is what a client of RabbitMQ says first.
const amqpHeader = "AMQP\x00\x00\x09\x01"

// speaksAMQP begins as RabbitMQ does: it answers the header by connection.start, in which it has a name, and frames by themselves. (RabbitMQ itself
// takes 4 s to start on a machine that has nothing else to do, and leaves epmd behind.)
func speaksAMQP(name string) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		header := make([]byte, len(amqpHeader))
		if _, err := io.ReadFull(in, header); err != nil || string(header) != amqpHeader {
			return
		}
		if _, err := io.WriteString(c, amqpStart(name)); err == nil {
			_, _ = io.Copy(c, in)
		}
	}
}

// amqpStart is the frame of connection.start, AMQP 0-9-1 section 4.2.3 and 1.4.2.1.
func amqpStart(name string) string {
	long := func(s string) string {
		return string([]byte{byte(len(s) >> 24), byte(len(s) >> 16), byte(len(s) >> 8), byte(len(s))}) + s
	}
	method := "\x00\x0a\x00\x0a\x00\x09" + long("\x0ccluster_nameS"+long(name)) + long("PLAIN") + long("en_US")
	return "\x01\x00\x00" + long(method) + "\xce"
}

// amqpHeartbeat is a frame that says nothing.
const amqpHeartbeat = "\x08\x00\x00\x00\x00\x00\x00\xce"
