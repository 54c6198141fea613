package status_test

import (
	"fmt"

	"lbmaster/shared/status"
)

// A reader looks at the states only when the version has changed.
func Example() {
	servers := []status.Server{{Proxy: "web", Name: "a", Address: "10.0.0.1:80"}}
	b, err := status.Create(servers, func(int) status.State { return status.State{Op: status.Up, Weight: 1} })
	if err != nil {
		panic(err)
	}
	defer b.Close()
	seen := b.Version()
	fmt.Println(b.Load(0).TakesNew())

	b.Store(0, status.State{Op: status.Up, Admin: status.Drain, Weight: 1}, 1)
	fmt.Println(b.Version() != seen, b.Load(0).TakesNew(), b.Load(0).Serves())
	// Output:
	// true
	// true false true
}
