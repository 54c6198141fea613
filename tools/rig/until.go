//go:build linux

package rig

import "time"

// pause is how long Until waits between two looks.
const pause = 5 * time.Millisecond

// Until looks every few milliseconds until ok returns true or the time is over. It reports the last answer.
// The first look is immediate.
func Until(limit time.Duration, ok func() bool) bool {
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			return ok()
		}
		<-tick.C
	}
	return true
}
