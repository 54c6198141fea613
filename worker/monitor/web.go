package monitor

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"lbmaster/worker/monitor/metrics"
	"lbmaster/worker/monitor/tally"
)

// serveWeb serves /metrics. Closing what it returns ends that.
func (m *monitor) serveWeb(l net.Listener) io.Closer {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", m.serveMetrics)
	s := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      talkTime,
		IdleTimeout:       15 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	go func() {
		if err := s.Serve(newGate(l)); !errors.Is(err, http.ErrServerClosed) {
			m.report(Warning, "/metrics: "+err.Error())
		}
	}()
	return s
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
