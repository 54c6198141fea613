package monitor

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"lbmaster/worker/monitor/metrics"
	"lbmaster/worker/monitor/tally"
)

// serveWeb serves /metrics, and profiles if the configuration allows it.
func (m *monitor) serveWeb(l net.Listener) service {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", m.serveMetrics)
	if m.config.Admin.Pprof {
		m.servePprof(mux)
	}
	s := &http.Server{
		Handler:           heard(m.onlyHosts(mux)),
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		ConnState:         answered,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      talkTime,
		IdleTimeout:       15 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	limited := newLimitListener(l)
	go func() {
		if err := s.Serve(limited); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			m.calls <- func() { m.report(Warning, "/metrics: "+err.Error()) }
		}
	}()
	finish := func(ctx context.Context) {
		_ = limited.Close()           // nothing depends on the outcome
		s.SetKeepAlivesEnabled(false) // Shutdown would close a connection whose request has just come
		limited.waitEmpty(ctx)
	}
	return service{finish}
}

// connKey is under which a request's context has its connection.
type connKey struct{}

// heard notes that a request is complete.
func heard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
			conn.setBusy()
		}
		next.ServeHTTP(w, r)
	})
}

// answered notes that an answer has been sent: only then the connection is idle.
func answered(c net.Conn, s http.ConnState) {
	if conn, ok := c.(*limitedConn); ok && s == http.StateIdle {
		conn.setIdle()
	}
}

func (m *monitor) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	var in *tally.Instance
	if err := m.ask(func() { in = m.picture(time.Now()) }); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	var b bytes.Buffer
	m.rendering.Lock()
	metrics.Write(&b, in)
	m.rendering.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // whoever has gone wants no answer
}
