//go:build linux

package tests

import (
	"context"
	"net"
	"net/http"
	"testing"

	"lbmaster/tools/origin/server"
)

// origin is a test server that runs in this process.
type origin struct {
	*server.Server
	name, addr string
}

// startOrigin starts a server, on which some targets are missing. It is closed at the end of the test, after the balancers
// that were started later.
func startOrigin(t *testing.T, name, addr string, missing ...string) *origin {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return serveOrigin(t, name, addr, l, missing...)
}

func serveOrigin(t *testing.T, name, addr string, l net.Listener, missing ...string) *origin {
	t.Helper()
	o := &origin{server.New(name), name, addr}
	for _, target := range missing {
		o.Remove(target)
	}
	done := make(chan error, 1)
	go func() { done <- o.Serve(l) }()
	t.Cleanup(func() {
		o.Close()
		if err := <-done; err != nil {
			t.Errorf("origin %s: %v", name, err)
		}
	})
	return o
}

// requests adds up the requests that servers have seen.
func requests(origins []*origin) int64 {
	var sum int64
	for _, o := range origins {
		sum += o.Stats().Requests
	}
	return sum
}

// startUnixOrigin starts a server on a unix socket.
func startUnixOrigin(t *testing.T, name, path string) *origin {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return serveOrigin(t, name, path, l)
}

// unixTransport sends every request to a unix socket.
func unixTransport(t *testing.T, path string) *http.Transport {
	t.Helper()
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}
