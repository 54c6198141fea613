package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"lbmaster/shared/control"
)

const (
	usualSeconds = 30  // of a profile whose length nobody has said, as in net/http/pprof
	mostSeconds  = 300 // of any profile
	lastSeconds  = 10  // in which a profile that has ended must arrive
	mostProfile  = 64 << 20
)

// servePprof serves profiles: of this process as net/http/pprof does, and of the workers, which are asked by way of the
// master and write into a pipe.
func (m *monitor) servePprof(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", unhurried(pprof.Index))
	mux.HandleFunc("GET /debug/pprof/profile", unhurried(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/trace", unhurried(pprof.Trace))
	mux.HandleFunc("GET /debug/pprof/worker/{slot}/{profile}", unhurried(m.serveWorkerProfile))
}

// seconds is how long a request wants to be served.
func seconds(r *http.Request) (int, error) {
	text := r.FormValue("seconds")
	if text == "" {
		return usualSeconds, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostSeconds {
		return 0, fmt.Errorf("seconds=%q is not a number from 1 to %d", text, mostSeconds)
	}
	return n, nil
}

// unhurried gives a request the time that it wants, instead of that of the server.
func unhurried(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := seconds(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		until := time.Now().Add(time.Duration(n+lastSeconds)*time.Second + talkTime)
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		serve(w, r)
	}
}

func (m *monitor) serveWorkerProfile(w http.ResponseWriter, r *http.Request) {
	slot, err := strconv.Atoi(r.PathValue("slot"))
	if err != nil || slot < 0 || slot >= m.counters.Workers() {
		http.Error(w, fmt.Sprintf("there is no worker %s: they are numbered from 0 to %d", r.PathValue("slot"), m.counters.Workers()-1), http.StatusNotFound)
		return
	}
	n := 0
	if r.PathValue("profile") == control.CPUProfile {
		n, _ = seconds(r) // unhurried has looked
	}
	order := control.Message{Kind: control.Profile, Slot: slot, Profile: r.PathValue("profile"), Seconds: n}
	profile, err := m.workerProfile(r, order)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case len(profile) == 0:
		http.Error(w, fmt.Sprintf("worker %d writes no such profile: it is not there, or writes another one of processor time, or has none of the name %s",
			slot, order.Profile), http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("worker-%d-%s", slot, order.Profile)))
		_, _ = w.Write(profile) // whoever has gone wants no answer
	}
}

// workerProfile orders a profile, and waits for it as long as the request lasts. It is empty when there is none.
func (m *monitor) workerProfile(r *http.Request, order control.Message) ([]byte, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	from := os.NewFile(uintptr(p[0]), "profile")
	defer from.Close()
	err := errors.Join(m.order(order, p[1:]), unix.Close(p[1])) // the worker gets one of its own
	if err != nil {
		return nil, err
	}
	if err := from.SetReadDeadline(time.Now().Add(time.Duration(order.Seconds+lastSeconds) * time.Second)); err != nil {
		return nil, err
	}
	defer context.AfterFunc(r.Context(), func() { _ = from.SetReadDeadline(time.Unix(1, 0)) })() // then the read ends
	return io.ReadAll(io.LimitReader(from, mostProfile))
}

// order sends the master a message with descriptors, which stay open here.
func (m *monitor) order(order control.Message, fds []int) error {
	var sent error
	err := m.ask(func() {
		if m.orders == nil {
			sent = errors.New("the master is gone")
			return
		}
		sent = m.conn.TrySend(order, fds)
	})
	return errors.Join(err, sent)
}
