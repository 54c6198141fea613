package framing_test

import (
	"fmt"

	"lbmaster/worker/http1/framing"
)

func ExampleBody_Consume() {
	var b framing.Body
	b.Start(framing.Chunked, 0)
	n, done, _ := b.Consume([]byte("2\r\nok\r\n"))
	fmt.Println(n, done)
	n, done, _ = b.Consume([]byte("0\r\n\r\nGET / HTTP/1.1\r\n"))
	fmt.Println(n, done)
	// Output:
	// 7 false
	// 5 true
}
