package classic

import (
	"strings"
	"testing"

	"lbmaster/conf/raw"
)

// FuzzRead: no text makes the reader panic, and each error has its line, but for those about a whole file.
func FuzzRead(f *testing.F) {
	f.Add("listen 192.168.1.1:80\nbind :1-2,[::]:3 v4v6\nserver a 1.2.3.4 check port 3 # x\noption httpchk HEAD /\n")
	f.Add("global\nlog /dev/log local0\nstats socket /run/a level admin\nnbproc 2\ndefaults x\nlog global\nno log\nlisten a from x\nerrorfile 503 /a\ncapture request header a len 3\n")
	f.Add("listen a\nno\ndefault\ndefault option\nno no\n\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		found := &raw.Findings{}
		d := Read([]File{{Name: "f", Text: text}}, func(string) (string, bool) { return "", false }, found)
		if d == nil {
			t.Fatal("no document")
		}
		if _, err := found.Sorted(); err != nil {
			for _, e := range err.(raw.Errors) {
				if e.Line == 0 && !strings.HasPrefix(e.Text, "this is not HAProxy's") && !strings.HasPrefix(e.Text, "there are more") {
					t.Fatalf("%v has no line", e)
				}
			}
		}
	})
}
