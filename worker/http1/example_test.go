package http1_test

import (
	"fmt"

	"lbmaster/worker/http1"
)

// A head is parsed as its bytes come: each time all of them are given, and the parser goes on where it stopped.
func ExampleHead_ParseRequest() {
	var h http1.Head
	head := []byte("GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n")
	fmt.Println(h.ParseRequest(head[:20]) == http1.More)
	fmt.Println(h.ParseRequest(head) == http1.Done, h.Size)
	for i := range h.N {
		f := &h.Fields[i]
		fmt.Printf("%s = %s\n", f.Name().In(head), f.Value.In(head))
	}
	// Output:
	// true
	// true 38
	// Host = example.org
}

// What is refused has a status for the client, and a reason with the place of the byte that makes it.
func ExampleHead_Fault() {
	var h http1.Head
	v := h.ParseRequest([]byte("GET / HTTP/1.1\r\nHost : h\r\n\r\n"))
	fmt.Println(v.Status(), h.Fault(), h.FaultAt())
	// Output: 400 there is white space between a field name and the colon 20
}

// A body passes as it came: Consume says how much of what is at hand belongs to it, and whether that is all.
