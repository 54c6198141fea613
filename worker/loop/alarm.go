package loop

import (
	"time"

	"lbmaster/worker/poll"
	"lbmaster/worker/timer"
)

// alarm is a call in the future. There are few of them, none on the path of a request.
type alarm struct {
	timer timer.Timer
	call  func()
}

// After calls f once, on the loop, when d has passed.
func (l *Loop) After(d time.Duration, f func()) {
	a, slot := l.alarms.Take()
	a.call = f
	a.timer.Token = TimerToken(kindAlarm, slot)
	l.wheel.Set(&a.timer, l.now+d.Milliseconds())
}

// alarms handles the timers of all alarms.
type alarms struct{ *Loop }

func (alarms) OnEvent(poll.Token, poll.Ready) {} // an alarm has no descriptor

func (l alarms) OnTime(slot uint32) {
	a := l.alarms.At(slot)
	call := a.call
	a.call = nil
	l.alarms.Put(slot)
	call()
}
