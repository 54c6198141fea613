package lexer

import (
	"fmt"
	"strings"
	"testing"
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
