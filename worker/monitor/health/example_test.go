package health_test

import (
	"fmt"

	"lbmaster/worker/monitor/health"
)

// A server begins up, and its first bad check takes it down; then rise good ones in a row bring it back.
func ExampleLimits() {
	l := health.Limits{Rise: 2, Fall: 3}
	c := l.First()
	for _, good := range []bool{false, true, true, true, false} {
		c = l.Next(c, good)
		fmt.Printf("%s; ", l.Text(c))
	}
	fmt.Println("up:", l.Up(c))
	// Output: DOWN; DOWN 1/2; UP; UP; UP 2/3; up: true
}
