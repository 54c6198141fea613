package classic

import (
	"fmt"
	"strings"
	"testing"

	"lbmaster/conf/raw"
)

func environment(name string) (string, bool) {
	value, ok := map[string]string{"PORT": "80", "EMPTY": "", "BLANK": "a b"}[name]
	return value, ok
}

// TestWords: seen with HAProxy 2.6, of whose configurations these are lines.
func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                          `[]`,
		"  \t ":                     `[]`,
		"# a comment":               `[]`,
		"bind :80 # a comment":      `["bind" ":80"]`,
		"bind :80#comment":          `["bind" ":80"]`,
		`a\ b c`:                    `["a b" "c"]`,
		`a\#b`:                      `["a#b"]`,
		`a\\b`:                      `["a\\b"]`,
		`\r\n\t\x41\x0a`:            `["\r\n\tA\n"]`,
		`\1 \(`:                     `["\\1" "\\("]`,
		`"a b"c 'd e'`:              `["a bc" "d e"]`,
		`"" ''`:                     `["" ""]`,
		`"a'b" 'a"b'`:               `["a'b" "a\"b"]`,
		`"a\"b" 'a\"'`:              `["a\"b" "a\\\""]`,
		`"a#b" '#'`:                 `["a#b" "#"]`,
		`":${PORT}"`:                `[":80"]`,
		`":$PORT/"`:                 `[":80/"]`,
		`:${PORT} '${PORT}'`:        `[":${PORT}" "${PORT}"]`,
		`"${NONE-81}" "${PORT-81}"`: `["81" "80"]`,
		`"${NONE}" "x${EMPTY-y}"`:   `["" "x"]`,
		`"${BLANK}"`:                `["a b"]`,
		`"\$PORT"`:                  `["$PORT"]`,
		`\$PORT`:                    `["\\$PORT"]`,
		"a\r":                       `["a"]`,
	} {
		words, err := Words(in, environment)
		if got := fmt.Sprintf("%q", words); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestWrongWords(t *testing.T) {
	for in, want := range map[string]string{
		`"a`:          `a quote " is not closed on its line: close it, or write \"`,
		`it's`:        `a quote ' is not closed on its line: close it, or write \'`,
		`\x4`:         `\x needs two hexadecimal digits`,
		`\xyz`:        `\x needs two hexadecimal digits`,
		`"$"`:         `$ within double quotes needs the name of an environment variable`,
		`"${PORT"`:    `${PORT is not closed`,
		`"${PORT:1}"`: `${PORT:1} cannot be read: write ${PORT} or ${PORT-otherwise}`,
	} {
		if words, err := Words(in, environment); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %s", in, words, err, want)
		}
	}
}

// FuzzRead: no text makes the reader panic, and each error has its line, but for those about a whole file.
func FuzzRead(f *testing.F) {
	f.Add("listen 192.168.1.1:80\nbind :1-2,[::]:3 v4v6\nserver a 1.2.3.4 check port 3 # x\noption httpchk HEAD /\n")
	f.Add("global\nlog /dev/log local0\nstats socket /run/a level admin\nnbproc 2\ndefaults x\nlog global\nno log\nlisten a from x\nerrorfile 503 /a\ncapture request header a len 3\n")
	f.Add("listen a\nno\ndefault\ndefault option\nno no\n\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		found := &raw.Findings{}
		d := Read([]File{{Name: "f", Text: text}}, environment, found)
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
