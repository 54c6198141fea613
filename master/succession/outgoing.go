package succession

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// OutState is how far a master is in being replaced.
//
//	[ Settled ] --Begin--> [ Upgrading ] --the new master has taken over--> [ Left ]
//	     ^                      |
//	     +------ it fails ------+
type OutState uint8

const (
	Settled   OutState = iota
	Upgrading          // another master is being started
	Left               // it has taken over; this one has nothing to do any more
)

func (s OutState) String() string { return [...]string{"settled", "upgrading", "left"}[s] }

// Outgoing is the side of the master that leaves. It belongs to the reconciler; Upgrade alone runs beside it.
type Outgoing struct {
	flip   *Flip
	world  *World
	state  OutState
	permit int    // while Upgrading, once it has been handed over: see permit.go
	again  bool   // another upgrade is wished for, after this one
	reason string // why the last one failed
}

// NewOutgoing is the side of a master that nobody replaces yet.
func NewOutgoing(flip *Flip, world *World) Outgoing { return Outgoing{flip: flip, world: world} }

// Outcome is what became of an upgrade: the process id of the new master, or why there is none.
type Outcome struct {
	Pid int
	Err error
}

// leaveTime bounds how long the master before this one may take to leave.
const leaveTime = 5 * time.Second

// Upgrading says that another master is being started.
func (o *Outgoing) Upgrading() bool { return o.state == Upgrading }

// Left says that another master has taken over.
func (o *Outgoing) Left() bool { return o.state == Left }

// Reason is why the last upgrade failed; "": none has.
func (o *Outgoing) Reason() string { return o.reason }

// become changes the state.
func (o *Outgoing) become(next OutState) {
	if next == Left && o.state != Upgrading || next == Upgrading && o.state != Settled || next == Settled && o.state != Upgrading {
		panic(fmt.Sprintf("a master that is %v cannot become %v", o.state, next))
	}
	o.state = next
}

// Remember keeps a wish for another upgrade until Again.
func (o *Outgoing) Remember() { o.again = true }

// Again takes the wish that was remembered, if there is one.
func (o *Outgoing) Again() bool {
	again := o.again
	o.again = false
	return again
}

// Begin begins an upgrade: Hand and Upgrade follow.
func (o *Outgoing) Begin() {
	o.become(Upgrading)
	o.again = false
}

// Failed ends it. Nothing of this master's has been touched.
func (o *Outgoing) Failed() {
	o.become(Settled)
	if o.permit != 0 {
		o.world.Close(o.permit)
		o.permit = 0
	}
}

// Note keeps why an upgrade has failed.
func (o *Outgoing) Note(reason string) { o.reason = reason }

// Leave ends it: the new master has taken over.
func (o *Outgoing) Leave() { o.become(Left) }

// Stop ends an upgrade that is under way, and allows no other. A new master that has the right to take over already is not ended: it is
// told by PassOn.
func (o *Outgoing) Stop() {
	if o.permit == 0 || o.world.Claim(o.permit) {
		o.flip.Stop()
	}
}

// handPermit gives the new master what decides who of both goes on.
func (o *Outgoing) handPermit() (err error) {
	if o.permit, err = o.world.Permit(); err != nil {
		o.permit = 0
		return err
	}
	return o.Hand(permitName, o.permit)
}

// Hand gives the new master a descriptor under a name. It stays the caller's.
func (o *Outgoing) Hand(name string, fd int) error {
	if err := o.flip.Give(name, fd); err != nil {
		return fmt.Errorf("cannot hand over %s: %w", name, err)
	}
	return nil
}

// HandState gives the new master what all that was handed over is.
func (o *Outgoing) HandState(s State) error {
	if err := o.handPermit(); err != nil {
		return err
	}
	text, err := s.encode()
	if err != nil {
		return err
	}
	fd, err := o.world.Seal(text)
	if err != nil {
		return err
	}
	defer o.world.Close(fd)
	return o.Hand(stateName, fd)
}

// Upgrade starts the new master and waits until that has taken over, or has failed. An error says why, in the new process's own words if
// it had any.
func (o *Outgoing) Upgrade() Outcome {
	pid, err := o.upgrade()
	return Outcome{pid, err}
}

func (o *Outgoing) upgrade() (pid int, err error) {
	if err := o.world.Room(); err != nil {
		return 0, err
	}
	if err := o.world.Check(); err != nil {
		return 0, err
	}
	begun := o.world.Now()
	if err := o.flip.WaitForParent(leaveTime); err != nil {
		return 0, fmt.Errorf("the master before this one does not leave: %w", err)
	}
	words, err := o.world.Words()
	if err != nil {
		return 0, err
	}
	defer words.Close()
	if err := o.Hand(wordsName, words.End); err != nil {
		return 0, err
	}
	err = o.flipOver(begun.Add(leaveTime))
	said := words.Hear()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, said)
	}
	return parseAnswer(said)
}

// flipOver is Upgrade. tableflip may need a moment more until it believes that the parent is gone.
func (o *Outgoing) flipOver(deadline time.Time) error {
	for {
		err := o.flip.Upgrade()
		if err == nil || err.Error() != errParent || !o.world.Now().Before(deadline) {
			return err
		}
		o.world.Sleep(time.Millisecond)
	}
}

// Wishes are what has been wished of a master while another one took over.
type Wishes struct {
	Stop, SoftStop, Pause bool
}

// PassOn tells the new master, which has just told us that it lives, what has been wished of this one meanwhile.
func (o *Outgoing) PassOn(pid int, w Wishes) {
	for _, wish := range []struct {
		signal unix.Signal
		made   bool
	}{
		{unix.SIGTERM, w.Stop},
		{unix.SIGUSR1, w.SoftStop},
		{unix.SIGUSR2, o.again},
		{unix.SIGTTOU, w.Pause},
	} {
		if wish.made {
			o.world.Kill(pid, wish.signal)
		}
	}
}
