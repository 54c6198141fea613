package buffer_test

import (
	"fmt"

	"lbmaster/worker/buffer"
)

// What is received goes into Space, and counts when it is committed; what was used is consumed.
func Example() {
	var pool buffer.Pool
	b := pool.Take()
	b.Commit(copy(b.Space(), "HEAD body"))
	b.Consume(len("HEAD "))
	fmt.Println(b.Prepend([]byte("OTHER ")), string(b.Bytes()))
	b.Consume(b.Len())
	pool.Put(b)
	fmt.Println(pool.Taken(), pool.Idle())
	// Output:
	// true OTHER body
	// 0 1
}
