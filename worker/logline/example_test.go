package logline_test

import (
	"fmt"
	"time"

	"lbmaster/worker/logline"
)

func ExampleRecord_AppendHTTP() {
	r := logline.Record{
		Client: []byte("127.0.0.1:47920"), Date: time.Date(2026, 11, 24, 21, 36, 13, 427e6, time.UTC).UnixMilli(),
		Frontend: "web", Backend: "web", Server: "a",
		Request: 1, Queue: 0, Connect: 2, Response: 30, Total: 35,
		Status: 200, Bytes: 1234, Term: [4]byte{'-', '-', 'N', 'I'},
		Conns:       logline.Conns{Process: 1, Frontend: 1},
		RequestLine: []byte("GET / HTTP/1.1"),
	}
	fmt.Printf("%s\n", r.AppendHTTP(nil, logline.NewClock(time.UTC)))
	// Output: 127.0.0.1:47920 [24/Nov/2026:21:36:13.427] web web/a 1/0/2/30/35 200 1234 - - --NI 1/1/0/0/0 0/0 "GET / HTTP/1.1"
}
