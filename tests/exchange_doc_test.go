//go:build linux

package tests

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

const (
	generatedDoc   = "../docs/compatibility.md"
	generatedBegin = "<!-- generated: from tests/testdata/exchange/reasons, by go test ./tests -run TestExchanges -update -->\n"
	generatedEnd   = "<!-- generated: end -->\n"
)

// checkDoc proves that the documentation has the reasons as they are now. With -update it makes it so.
func (r *tableReasons) checkDoc() error {
	b, err := os.ReadFile(generatedDoc)
	before, rest, ok1 := strings.Cut(string(b), generatedBegin)
	is, after, ok2 := strings.Cut(rest, generatedEnd)
	if err != nil || !ok1 || !ok2 {
		return errors.Join(err, fmt.Errorf("%s has no block between %s and %s", generatedDoc, generatedBegin, generatedEnd))
	}
	if should := r.doc(); is != should {
		if *update {
			return os.WriteFile(generatedDoc, []byte(before+generatedBegin+should+generatedEnd+after), 0o644)
		}
		return fmt.Errorf("%s is not what the table gives; make it so with\n\tgo test ./tests -run TestExchanges -update", generatedDoc)
	}
	return nil
}

// doc lists the reasons: a row of three cells each. What is to be mended is not told to operators.
func (r *tableReasons) doc() string {
	var b strings.Builder
	b.WriteString("\n| matter | HAProxy 2.6 | here |\n|---|---|---|\n")
	for _, key := range r.keys {
		fmt.Fprintf(&b, "| %s |\n", r.text[key])
	}
	b.WriteString("\n")
	return b.String()
}
