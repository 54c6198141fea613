package monitor

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/status"
	"lbmaster/worker/monitor/check"
)

// serve runs h for every connection to an address until the test ends.
func serve(t *testing.T, network, addr string, h func(net.Conn)) {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(fatal))
				h(c)
			}()
		}
	}()
}

var testRequest = check.Request("HEAD", "/", "HTTP/1.0")

// answer reads the request and sends the pieces one by one.
func answer(pieces ...string) func(net.Conn) {
	return func(c net.Conn) {
		io.ReadFull(c, make([]byte, len(testRequest)))
		for _, p := range pieces {
			io.WriteString(c, p)
		}
	}
}

// silent takes everything and never says anything, until the other side ends.
func silent(c net.Conn) { io.Copy(io.Discard, c) }

func TestProbes(t *testing.T) {
	t.Parallel()
	const host = "127.62.1.1"
	serve(t, "tcp", host+":8001", answer("HTTP/1.1 200 OK\r\n\r\n"))
	serve(t, "tcp", host+":8002", answer("HTTP/1.1 50", "3 Busy\r\n", "Server: x\r\n\r\n"))
	serve(t, "tcp", host+":8003", silent)
	serve(t, "tcp", host+":8004", answer())
	serve(t, "tcp", host+":8005", answer("220 mail\r\n"))
	serve(t, "tcp", host+":8006", func(c net.Conn) {
		io.ReadFull(c, make([]byte, len(testRequest)))
		io.WriteString(c, "HTTP/1.1 200 OK") // and no more
		silent(c)
	})
	path := filepath.Join(t.TempDir(), "s")
	serve(t, "unix", path, answer("HTTP/1.0 301 Moved\r\n\r\n"))
	for _, tt := range []struct {
		name string
		p    probe
		want check.Outcome
	}{
		{"connect", probe{address: host + ":8003"}, check.Outcome{Result: check.Connected}},
		{"refused", probe{address: host + ":8009"}, check.Outcome{Result: check.ConnectFailed, Info: "Connection refused"}},
		{"good", probe{address: host + ":8001", request: testRequest}, check.Outcome{Result: check.Passed, Code: 200}},
		{"pieces", probe{address: host + ":8002", request: testRequest}, check.Outcome{Result: check.WrongStatus, Code: 503, Info: "Busy"}},
		{"silent", probe{address: host + ":8003", request: testRequest, timeout: 300 * time.Millisecond}, check.Outcome{Result: check.ReplyTimeout}},
		{"no more", probe{address: host + ":8006", request: testRequest, timeout: 300 * time.Millisecond}, check.Outcome{Result: check.Passed, Code: 200}},
		{"closed", probe{address: host + ":8004", request: testRequest}, check.Outcome{Result: check.Invalid}},
		{"other protocol", probe{address: host + ":8005", request: testRequest}, check.Outcome{Result: check.Invalid}},
		{"unix", probe{network: "unix", address: path, request: testRequest}, check.Outcome{Result: check.Passed, Code: 301}},
		{"unix, nobody", probe{network: "unix", address: path + "x"}, check.Outcome{Result: check.ConnectFailed, Info: "No such file or directory"}},
		{"source", probe{address: host + ":8003", source: &net.TCPAddr{IP: net.IPv4(127, 62, 1, 77)}}, check.Outcome{Result: check.Connected}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.p.network == "" {
				tt.p.network = "tcp"
			}
			if tt.p.timeout == 0 {
				tt.p.timeout = fatal
			}
			o, err := tt.p.run()
			if o.Took < 0 || tt.want.Result == check.ReplyTimeout && o.Took < tt.p.timeout.Milliseconds() {
				t.Errorf("it took %d ms", o.Took)
			}
			o.Took = 0
			if o != tt.want || err != nil {
				t.Errorf("%+v, %v; want %+v", o, err, tt.want)
			}
		})
	}
}

// TestLateProbe: an answer that has come in time counts when it is read too late, because this process stood still.
func TestLateProbe(t *testing.T) {
	for sent, want := range map[string]check.Outcome{
		"HTTP/1.1 200 OK\r\n\r\n": {Result: check.Passed, Code: 200},
		"HTTP/1.1 503 Busy\r\n":   {Result: check.WrongStatus, Code: 503, Info: "Busy"},
		"HTTP/1.":                 {Result: check.ReplyTimeout},
		"":                        {Result: check.ReplyTimeout},
	} {
		path := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		io.WriteString(server, sent)
		c.SetDeadline(time.Unix(1, 0)) // long ago
		if o := hear(c); o != want {
			t.Errorf("%q: %+v, want %+v", sent, o, want)
		}
	}
}

// TestConnectTimeout: a listening socket whose queue is full answers nothing.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), unix.Bind(fd, &unix.SockaddrInet4{Port: 8000, Addr: [4]byte{127, 62, 1, 2}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	p := probe{network: "tcp", address: "127.62.1.2:8000", timeout: 50 * time.Millisecond}
	for range 5 {
		// Connections that nobody accepts fill the queue.
		if c, err := net.DialTimeout("tcp", p.address, p.timeout); err == nil {
			defer c.Close()
		}
	}
	if o, err := p.run(); o.Result != check.ConnectTimeout || err != nil {
		t.Errorf("%+v, %v", o, err)
	}
}

// TestWhatServersSee: the exact bytes and the source address, and after the answer an orderly end.
func TestWhatServersSee(t *testing.T) {
	type seen struct {
		bytes string
		from  string
		err   error
	}
	saw := make(chan seen, 1)
	serve(t, "tcp", "127.62.1.3:8000", func(c net.Conn) {
		b := make([]byte, len(testRequest))
		io.ReadFull(c, b)
		io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
		rest, err := io.ReadAll(c)
		saw <- seen{string(b) + string(rest), c.RemoteAddr().String(), err}
	})
	p := probe{network: "tcp", address: "127.62.1.3:8000", request: testRequest, timeout: fatal, source: &net.TCPAddr{IP: net.IPv4(127, 62, 1, 88)}}
	if o, err := p.run(); !o.Result.Good() || err != nil {
		t.Errorf("%+v, %v", o, err)
	}
	s := <-saw
	host, _, _ := net.SplitHostPort(s.from)
	if s.bytes != "HEAD / HTTP/1.0\r\n\r\n" || host != "127.62.1.88" || s.err != nil {
		t.Errorf("the server saw %q from %s, %v", s.bytes, host, s.err)
	}
}

// TestFixedSourcePort: such checks can follow each other at once.
func TestFixedSourcePort(t *testing.T) {
	serve(t, "tcp", "127.62.1.4:8000", answer("HTTP/1.0 200 OK\r\n\r\n"))
	p := probe{
		network: "tcp", address: "127.62.1.4:8000", request: testRequest, timeout: fatal,
		source: &net.TCPAddr{IP: net.IPv4(127, 62, 1, 4), Port: 7999},
	}
	for i := range 5 {
		if o, err := p.run(); !o.Result.Good() || err != nil {
			t.Fatalf("check %d: %+v, %v", i, o, err)
		}
	}
}

// TestShortage: what this process lacks says nothing about a server, and is reported once for each thing that is missing.
func TestShortage(t *testing.T) {
	const server = "127.62.1.5:8000"
	serve(t, "tcp", server, silent)
	taken := &net.TCPAddr{IP: net.IPv4(127, 62, 1, 5), Port: 7998}
	d := net.Dialer{LocalAddr: taken, Control: reuseAddress}
	c, err := d.Dial("tcp", server) // leaves no port for another one from there
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	defer c.(*net.TCPConn).SetLinger(0)
	m, said := buildMonitor(t, newInstance(t, testConfig("127.62.1.5"), 1))
	for _, tt := range []struct {
		source *net.TCPAddr
		want   string
	}{
		{taken, "no local address or port is left to connect from"},
		{&net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, "source 203.0.113.7:0: cannot assign requested address"},
	} {
		p := probe{network: "tcp", address: server, source: tt.source, timeout: fatal}
		o, err := p.run()
		if o.Result != check.None || !errors.Is(err, unix.EADDRNOTAVAIL) {
			t.Fatalf("%+v, %v", o, err)
		}
		for range 3 {
			m.onFinished(finished{target: m.checked[0], err: err})
			m.onFinished(finished{target: m.checked[1], err: err})
			m.onFinished(finished{target: m.checked[2], outcome: check.Outcome{Result: check.Connected}})
		}
		if text := said.take(); text != "warning: checks cannot be made: "+tt.want+"\n" {
			t.Errorf("it said %q", text)
		}
	}
	for _, c := range m.checked[:2] {
		if s := m.board.Load(c.slot); c.count != c.limits.First() || s.Op != status.Up {
			t.Errorf("count %d, %+v", c.count, s)
		}
	}
}

// TestScarce: the end of descriptors is one shortage for all servers.
func TestScarce(t *testing.T) {
	o, err := unconnected(&net.OpError{Op: "dial", Err: unix.EMFILE}, nil)
	if o.Result != check.None || !errors.Is(err, unix.EMFILE) || err.Error() != "too many open files" {
		t.Errorf("%+v, %v", o, err)
	}
}
