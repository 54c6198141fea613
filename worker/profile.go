package worker

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"lbmaster/shared/control"
)

// writeTime is how long the reader of a profile may take.
const writeTime = 10 * time.Second

// profile writes a profile of this process into a pipe. All of it happens beside the loop, which loses the time of the
// profiler's signals, 100 a second, and no more, whatever becomes of the reader. Of a profile that cannot be made nothing is
// written: the reader sees the end.
func (w *worker) profile(m control.Message, fds []int) {
	if len(fds) != 1 {
		control.CloseAll(fds)
		return
	}
	report := w.report
	go func() {
		to := os.NewFile(uintptr(fds[0]), "profile")
		err := writeProfile(to, m.Profile, time.Duration(m.Seconds)*time.Second)
		if err = errors.Join(err, to.Close()); err != nil {
			report(fmt.Sprintf("cannot write the profile %s: %v", m.Profile, err))
		}
	}()
}

// writeProfile writes the profile of that name; where processor time goes, for so long.
func writeProfile(to *os.File, name string, during time.Duration) error {
	if name != control.CPUProfile {
		p := pprof.Lookup(name)
		if p == nil {
			return errors.New("there is none of this name")
		}
		return errors.Join(to.SetWriteDeadline(time.Now().Add(writeTime)), p.WriteTo(to, 0))
	}
	if err := to.SetWriteDeadline(time.Now().Add(during + writeTime)); err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(to); err != nil {
		return err
	}
	<-time.After(during)
	pprof.StopCPUProfile()
	return nil
}
