package balance_test

import (
	"fmt"

	"lbmaster/worker/balance"
)

func ExampleRoundRobin() {
	r := balance.NewRoundRobin(3, 0)
	r.Weigh([]int32{5, 1, 1})
	for range 7 {
		fmt.Print(r.Pick(balance.None), " ")
	}
	r.Weigh([]int32{0, 1, 0}) // the others are down
	fmt.Println("then", r.Pick(balance.None), "and without it", r.Pick(1) == balance.None)
	// Output: 0 1 0 0 0 2 0 then 1 and without it true
}
