package check_test

import (
	"fmt"

	"lbmaster/worker/monitor/check"
)

func ExampleRequest() {
	fmt.Printf("%q\n", check.Request("HEAD", "/up", "HTTP/1.0"))
	// Output: "HEAD /up HTTP/1.0\r\n\r\n"
}

// A response is judged by its first line, as soon as that is there.
func ExampleResponse() {
	_, decided := check.Response([]byte("HTTP/1.1 50"), false)
	fmt.Println(decided)
	o, decided := check.Response([]byte("HTTP/1.1 503 Not now\r\n"), false)
	fmt.Println(decided, o.Result, o.Result.Good(), o.Code, o.Info)
	// Output:
	// false
	// true L7STS false 503 Not now
}
