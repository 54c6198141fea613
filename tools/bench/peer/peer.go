//go:build linux

package peer

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lbmaster/tools/rig"
)

// Peer is a proxy of one kind.
type Peer struct {
	Name    string
	Signal  syscall.Signal // replaces its configuration; 0: it cannot
	program string         // path of it
	argv    func(program, file string, s Setup) []string
	conf    func(s Setup, dir string) string // "": it cannot do this job
	version []string                         // arguments that make it tell its version
}

// patience is how long a proxy may take to come up: some thousand sections take a while to read.
const patience = 30 * time.Second

// Can tells whether this kind of proxy does that job.
func (p *Peer) Can(s Setup) bool { return p.conf(s, "") != "" }

// Start runs it, with its files in a directory of its own below dir. It returns when it passes on what a server answers.
func (p *Peer) Start(dir string, s Setup) (*rig.Process, error) {
	process, err := p.Launch(dir, s)
	if err != nil {
		return nil, err
	}
	return process, process.Ready(patience, func() bool { return Answers(s.Addr) })
}

// Launch is Start that does not wait.
func (p *Peer) Launch(dir string, s Setup) (*rig.Process, error) {
	own, err := os.MkdirTemp(dir, p.Name+"-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(own, "conf")
	if err := os.WriteFile(file, []byte(p.conf(s, own)), 0o644); err != nil {
		return nil, err
	}
	return rig.StartIn(own, p.Name, p.argv(p.program, file, s))
}

// Answers tells whether a request over HTTP to addr is answered with 200.
func Answers(addr string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + addr + "/")
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// Program is the path of its binary.
func (p *Peer) Program() string { return p.program }

// Version is the first line of what it says about its version.
func (p *Peer) Version() string {
	if p.version == nil {
		return p.Name
	}
	out, err := exec.Command(p.program, p.version...).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s: %v", p.Name, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

// Pids are the processes of a running proxy whose time and memory count: all of them.
func Pids(p *rig.Process) []int { return append(rig.Children(p.Pid), p.Pid) }
