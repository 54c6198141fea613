package succession

import "fmt"

// InState is how far a master is in taking over.
//
//	[ Alone ] ---------------Commit----+
//	                                   v
//	[ Taking ] --Commit, says so--> [ Serving ]
//	     +------Explain-----------> [ Failed ]
//
// Until Commit nothing of the old master's is touched. From there on there is no way back.
type InState uint8

const (
	Alone   InState = iota // nobody is there to take over from
	Taking                 // what was handed over is being taken
	Serving                // the old master leaves, or there is none
	Failed                 // the old master has been told why
)

func (s InState) String() string { return [...]string{"alone", "taking", "serving", "failed"}[s] }

// Incoming is the side of the master that takes over; a first one has nobody to take over from. It belongs to the reconciler.
type Incoming struct {
	flip  *Flip
	world *World
	state InState
	words int // where it says what becomes of it
}

// NewIncoming is the side of a master that does not serve yet.
func NewIncoming(flip *Flip, world *World) (Incoming, error) {
	in := Incoming{flip: flip, world: world}
	if !flip.HasParent() {
		return in, nil
	}
	var err error
	if in.words, err = in.Take(wordsName); err != nil {
		return in, err
	}
	in.state = Taking
	return in, nil
}

// Succeeds says that there is, or was, an old master to take over from.
func (in *Incoming) Succeeds() bool { return in.flip.HasParent() }

// become changes the state.
func (in *Incoming) become(next InState) {
	if in.state == Serving || in.state == Failed || in.state == Alone && next == Taking {
		panic(fmt.Sprintf("a master that is %v cannot become %v", in.state, next))
	}
	in.state = next
}

// Take is the descriptor that the old master has handed over under a name; it is the caller's.
func (in *Incoming) Take(name string) (int, error) {
	fd, err := in.flip.Take(name)
	if err != nil {
		return -1, fmt.Errorf("cannot take over %s: %w", name, err)
	}
	if fd < 0 {
		return -1, fmt.Errorf("cannot take over %s: the old master has not handed it over", name)
	}
	return fd, nil
}

// State reads what the old master has handed over.
func (in *Incoming) State() (*State, error) {
	fd, err := in.Take(stateName)
	if err != nil {
		return nil, err
	}
	defer in.world.Close(fd)
	text, err := in.world.Unseal(fd)
	if err != nil {
		return nil, unreadable(err)
	}
	return parse(text)
}

// Claim takes the right to serve; false: the old master has been told to end, and ends this one too. Commit follows.
func (in *Incoming) Claim() (bool, error) {
	if in.state != Taking {
		return true, nil
	}
	fd, err := in.flip.Take(permitName)
	if err != nil || fd < 0 { // the old master's program knows of none
		return err == nil, err
	}
	defer in.world.Close(fd)
	return in.world.Claim(fd), nil
}

// Commit tells the old master, if there is one, that it can leave. It cannot fail to take over any more: with an error the old one has
// died in this very moment.
func (in *Incoming) Commit() error {
	was := in.state
	in.become(Serving)
	if was == Taking {
		in.say(answer(in.world.Pid()))
	}
	return in.flip.Ready()
}

// Explain tells the old master why this one fails, unless it has taken over. The old one also sees that this one ends.
func (in *Incoming) Explain(why error) {
	if in.state == Taking {
		in.become(Failed)
		in.say(why.Error())
	}
}

// say says the one thing that there is to say.
func (in *Incoming) say(text string) {
	in.world.Say(in.words, text)
	in.world.Close(in.words)
}
