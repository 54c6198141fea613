package logline

import "testing"

func TestFault(t *testing.T) {
	client := []byte("127.0.0.1:47920")
	for _, tt := range []struct {
		record Record
		fault  Fault
		want   string
	}{
		{
			Record{Client: client, Frontend: "web", Status: 400},
			Fault{Text: "the method is not a token", Seen: 7},
			"Bad request: client 127.0.0.1:47920, frontend web, server web/<NOSRV>, status 400: the method is not a token, at position 0 of 7",
		},
		{
			Record{Client: client, Frontend: "web", Backend: "farm", Server: "a", Status: 502},
			Fault{Response: true, Text: "it is odd", At: -1, Seen: 30},
			"Bad response: client 127.0.0.1:47920, frontend web, server farm/a, status 502: it is odd",
		},
		{
			Record{Client: []byte("a\nb"), Frontend: "web", Backend: "farm", Server: "a", Status: 200},
			Fault{Response: true, Cut: true, Text: "x", At: 12345, Seen: 20000},
			"Bad response: client a#0Ab, frontend web, server farm/a, status 200, cut: x, at position 12345 of 20000",
		},
	} {
		if got := string(tt.record.AppendFault([]byte("> "), &tt.fault)); got != "> "+tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
