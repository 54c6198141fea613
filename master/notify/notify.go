// Package notify tells the service manager about the instance, as sd_notify(3) describes it.
package notify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"lbmaster/shared/environ"

	"golang.org/x/sys/unix"
)

// Notifier tells the service manager about the instance, as sd_notify(3) describes it. Without one it does nothing. It
// belongs to the reconciler.
type Notifier struct {
	socket *net.UnixConn // nil: nobody wants to know
	every  time.Duration // between two signs of life; 0: none are wanted
	due    time.Time     // of the next one
	status string        // the last one that was sent
	silent bool          // until ready: as long as another process speaks for the service
}

// tellTime bounds how long a service manager that is behind may hold up the reconciler.
const tellTime = 100 * time.Millisecond

// New reads the environment that a service manager has left. A process that replaces another one inherits its
// environment, where the watchdog is still that of the old process id. Should it fail, that is not the end of the service.
func New(env []string, replaces bool) (*Notifier, error) {
	n := &Notifier{silent: replaces}
	address := environ.Of(env, "NOTIFY_SOCKET")
	if address == "" {
		return n, nil
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"}) // "@" becomes a NUL
	if err != nil {
		return n, fmt.Errorf("cannot reach the service manager: %w", err)
	}
	n.socket = socket
	owner := environ.Of(env, "WATCHDOG_PID")
	if usec, err := strconv.ParseInt(environ.Of(env, "WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 &&
		(owner == "" || owner == strconv.Itoa(os.Getpid()) || replaces) {
		n.every = time.Duration(usec) * time.Microsecond / 2
	}
	return n, nil
}

// Ready says that the instance serves, at the start or after reloading.
func (n *Notifier) Ready(status string) {
	n.status, n.silent = status, false
	n.tell("READY=1", mainPID(os.Getpid()), statusLine(status))
}

// Reloading says that a next generation is being started. ready, by whoever serves then, ends it.
func (n *Notifier) Reloading(status string) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return // never happens: the clock exists
	}
	n.status = status
	n.tell("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/1000), statusLine(status))
}

// Refused says that a next generation was wished for and will not come: whoever has asked for one through the service manager
// may wait for it to begin, and to be there (Type=notify-reload).
func (n *Notifier) Refused() {
	n.Reloading(n.status)
	n.Ready(n.status)
}

// HandOver says that another process is the service's main process from now on, and ready. Only the present one may say so
// (NotifyAccess=main): what the other one says before this has been read is not heard. Nor may its first sign of life be,
// so that this is one: else generations that follow each other quickly would all seem dead.
func (n *Notifier) HandOver(pid int, status string) {
	lines := []string{"READY=1", mainPID(pid), statusLine(status)}
	if n.every > 0 {
		lines = append(lines, "WATCHDOG=1")
	}
	n.tell(lines...)
}

// Stopping says that the instance is going to end.
func (n *Notifier) Stopping(status string) {
	n.status = status
	n.tell("STOPPING=1", statusLine(status))
}

// Say sends a line for whoever looks at the service, unless it is the last one again.
func (n *Notifier) Say(status string) {
	if n.status != status {
		n.status = status
		n.tell(statusLine(status))
	}
}

// Beat gives a sign of life when one is due, if the instance is well.
func (n *Notifier) Beat(now time.Time, well bool) {
	if n.every == 0 || now.Before(n.due) {
		return
	}
	n.due = now.Add(n.every)
	if well {
		n.tell("WATCHDOG=1")
	}
}

// Settle waits until the service manager has read everything, at most until deadline: whoever leaves before is not the
// main process any more when its last words are read. The manager closes the pipe that comes with BARRIER.
func (n *Notifier) Settle(deadline time.Time) error {
	if n.socket == nil {
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	err = n.send([]byte("BARRIER=1"), unix.UnixRights(int(w.Fd())), deadline)
	_ = w.Close()
	if err != nil {
		return fmt.Errorf("cannot reach the service manager: %w", err)
	}
	if err := r.SetReadDeadline(deadline); err != nil {
		return err
	}
	if _, err := r.Read(make([]byte, 1)); os.IsTimeout(err) {
		return fmt.Errorf("the service manager does not read: %w", err)
	}
	return nil
}

// tell sends one datagram. There is nobody to report a failure to.
func (n *Notifier) tell(lines ...string) {
	if n.socket == nil || n.silent {
		return
	}
	_ = n.send([]byte(strings.Join(lines, "\n")), nil, time.Now().Add(tellTime))
}

// send sends one datagram with ancillary data, which net has no call for on a connected socket.
func (n *Notifier) send(text, oob []byte, deadline time.Time) error {
	if err := n.socket.SetWriteDeadline(deadline); err != nil {
		return err
	}
	raw, err := n.socket.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Write(func(fd uintptr) bool {
		sent = unix.Sendmsg(int(fd), text, oob, nil, unix.MSG_NOSIGNAL)
		return sent != unix.EAGAIN
	})
	return errors.Join(err, sent)
}

func (n *Notifier) Close() {
	if n.socket != nil {
		_ = n.socket.Close() // nothing depends on it
	}
}

func mainPID(pid int) string { return "MAINPID=" + strconv.Itoa(pid) }

// statusLine is a status as one line: the service manager takes what follows for another variable.
func statusLine(status string) string {
	return "STATUS=" + strings.ReplaceAll(strings.TrimSpace(status), "\n", "; ")
}

// Due is when the next sign of life is; ok is false when none are wanted.
func (n *Notifier) Due() (at time.Time, ok bool) { return n.due, n.every > 0 }
