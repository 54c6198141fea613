package master

import (
	"errors"
	"log/slog"
	"os"

	"lbmaster/conf"
	"lbmaster/master/listen"
	"lbmaster/master/procfs"
)

// InUse says what a start with a configuration would not get because somebody has it: the pidfile, and the paths of unix
// sockets. What has been given to this process's parent is not among that: an upgrade checks what it is going to take over.
func InUse(c *conf.Config, replace Predecessors) []string {
	t := rights{c.Admin.Socket, findPredecessors(replace, slog.New(slog.DiscardHandler))}
	defer t.replaced.release()
	var all []string
	if err := pidfile(c.Global.Pidfile).free(t.yields); err != nil {
		all = append(all, err.Error())
	}
	say := func(path string, mayTake func(map[string]bool) bool) {
		if sockets := procfs.ListeningOn(path); listen.InodeOf(path) != 0 && len(sockets) > 0 && !mayTake(sockets) {
			if held := new(procfs.HeldError); errors.As(procfs.HeldBy(sockets), &held) && !t.yields(held.PID) {
				all = append(all, "unix:"+path+" is in use: "+held.Process()+" listens there")
			}
		}
	}
	if c.Admin.Socket != "" {
		say(c.Admin.Socket, t.mayTakeAdmin)
	}
	for i := range c.Frontends {
		for j := range c.Frontends[i].Binds {
			if b := &c.Frontends[i].Binds[j]; b.Network == "unix" {
				say(b.Path, t.replaced.mayTake)
			}
		}
	}
	return all
}

// rights decides what this instance may take from another one.
type rights struct {
	admin    string // path of our admin socket
	replaced *predecessors
}

// mayTakeAdmin says whether the admin socket may be opened in the place of these, which answer: those of an instance that this
// one replaces, of one whose master is gone, or of one that has released its ports or leaves. Those of any other instance stay:
// it could not be controlled any more.
func (t *rights) mayTakeAdmin(sockets map[string]bool) bool {
	return t.replaced.hold(sockets) || procfs.HeldByNobody(sockets)
}

// yields says that a process gives way to this one: it is this one, has started this one (the predecessor in an upgrade, and
// whoever waits for a daemon to be up), is replaced, or has left all its addresses.
func (t *rights) yields(pid int) bool {
	return pid == os.Getpid() || pid == os.Getppid() || t.replaced.include(pid) || procfs.HasLeft(procfs.Dir(pid), procfs.ListeningOn(t.admin))
}
