//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// Nobody else should use this part of the loopback network.
const (
	proxyAddr  = "127.90.0.%d:8080"
	serverAddr = "127.90.%d.%d:8000"
)

// body makes small answers about 190 bytes with their head.
const body = "hello from one of four servers\n"

// contender is a proxy that runs.
type contender struct {
	name    string
	addr    string
	process *rig.Process
}

// field is servers and the proxies before them.
type field struct {
	bench      *bench
	dir        string
	servers    *rig.Process
	sink       *sink        // nil: nothing is logged
	contenders []*contender // the first one is what the others are compared with
}

// fourServers are enough for everything but growth.
const fourServers = 4

// prepare makes the field of a work: so many servers, and all peers that can do the job. A field must be ended even when
// there is an error.
func (b *bench) prepare(w work, servers int) (*field, error) {
	f, err := b.openField(&w.job, servers)
	if err != nil {
		return f, err
	}
	peers := b.peers(w.job)
	if w.floor {
		peers = append(peers, b.floor)
	}
	return f, f.enter(w.job, peers...)
}

// openField starts so many servers, and what else a job needs.
func (b *bench) openField(job *peer.Setup, servers int) (f *field, err error) {
	f = &field{bench: b}
	if f.dir, err = os.MkdirTemp(b.dir, "field-"); err != nil {
		return f, err
	}
	if err := f.fill(); err != nil {
		return f, err
	}
	if job.Log != "" {
		if f.sink, err = startSink(job.Log); err != nil {
			return f, err
		}
	}
	list := nginxServers(job, servers)
	for _, s := range list {
		job.Servers = append(job.Servers, s.Listen)
	}
	if f.servers, err = rig.StartNginx(b.nginx.Program(), f.dir, rig.Endless, list); err != nil {
		return f, err
	}
	return f, b.place(f.servers.Pid, 1)
}

// nginxServers all answer the same. An application with cookies of its own sets one.
func nginxServers(job *peer.Setup, n int) []rig.NginxServer {
	header := ""
	if job.Cookie == "prefix" {
		header = "Set-Cookie " + peer.Application + "=0123456789abcdef"
	}
	list := make([]rig.NginxServer, n)
	for i := range list {
		list[i] = rig.NginxServer{Name: "web", Listen: fmt.Sprintf(serverAddr, 1+i/250, 1+i%250), Body: body, Header: header}
	}
	return list
}

// fill makes the files that servers have.
func (f *field) fill() error {
	if err := os.Mkdir(filepath.Join(f.dir, "files"), 0o755); err != nil {
		return err
	}
	for _, a := range []answer{medium, large, huge} {
		if err := os.WriteFile(filepath.Join(f.dir, a.path), make([]byte, a.bytes), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// place puts a process on a CPU.
func (b *bench) place(pid, cpu int) error {
	if b.load == nil {
		return nil
	}
	return rig.Pin(pid, cpu)
}

// enter starts proxies which do the job, those that can.
func (f *field) enter(job peer.Setup, peers ...*peer.Peer) error {
	for _, p := range peers {
		if !p.Can(job) {
			continue
		}
		job.Addr = fmt.Sprintf(proxyAddr, 1+len(f.contenders))
		process, err := p.Start(f.dir, job)
		c := &contender{p.Name, job.Addr, process}
		if process != nil {
			f.contenders = append(f.contenders, c)
		}
		if err != nil {
			return err
		}
		for _, pid := range peer.Pids(process) {
			if err := f.bench.place(pid, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// end ends every process that was started, and adds what goes wrong to err.
func (f *field) end(err *error) {
	errs := []error{*err}
	for _, c := range f.contenders {
		_, err := c.process.Stop(syscall.SIGTERM, rig.Patience)
		errs = append(errs, err)
	}
	if f.servers != nil {
		_, err := f.servers.Stop(syscall.SIGTERM, rig.Patience)
		errs = append(errs, err)
	}
	if f.sink != nil {
		errs = append(errs, f.sink.conn.Close())
	}
	*err = errors.Join(append(errs, os.RemoveAll(f.dir))...)
}
