package timer_test

import (
	"fmt"

	"lbmaster/worker/timer"
)

// A wheel reads no clock: the caller says what time it is.
func Example() {
	w := timer.New(1000)
	read, write := timer.Timer{Token: 1}, timer.Timer{Token: 2}
	w.Set(&read, 1500)
	w.Set(&write, 1200)
	w.Set(&write, 1700) // moved, because something was written
	for t := w.Expired(1600); t != nil; t = w.Expired(1600) {
		fmt.Println("expired:", t.Token)
	}
	w.Stop(&write)
	fmt.Println("wait:", w.Wait(1600))
	// Output:
	// expired: 1
	// wait: -1
}
