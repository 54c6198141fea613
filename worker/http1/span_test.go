package http1

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"lbmaster/worker/http1/lex"
)

// tile says that the fields of a head are what they should be: line by line, one behind the other, up to the empty line.
func tile(h *Head, b []byte) error {
	at := h.LineEnd
	for i := range h.N {
		f := &h.Fields[i]
		end := f.End(b)
		if int(f.Start) != at || end <= at || string(b[end-2:end]) != "\r\n" {
			return fmt.Errorf("field %d is at %d to %d, want %d to the end of a line", i, f.Start, end, at)
		}
		line := string(b[at : end-2])
		if name, value, _ := strings.Cut(line, ":"); name != string(f.Name().In(b)) || strings.Trim(value, " \t") != string(f.Value.In(b)) {
			return fmt.Errorf("field %d is %q, %q of the line %q", i, f.Name().In(b), f.Value.In(b), line)
		}
		at = end
	}
	if at != h.Size-2 {
		return fmt.Errorf("the fields end at %d of a head of %d bytes", at, h.Size)
	}
	return nil
}

// TestSpansOfLargeHeads: all parts of a head of hundreds of KiB are found, wherever they are.
func TestSpansOfLargeHeads(t *testing.T) {
	long := strings.Repeat("v", 100_000)
	for name, text := range map[string]string{
		"one long field":   "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: " + long + "\r\nX: y\r\n\r\n",
		"a long target":    "GET /" + long + " HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
		"a long host":      "GET http://" + long + "/ HTTP/1.1\r\nHost: " + long + "\r\n\r\n",
		"blanks":           "GET / HTTP/1.1\r\nHost: a\r\nX:" + strings.Repeat(" ", 70_000) + "y" + strings.Repeat("\t", 70_000) + "\r\nY:" + strings.Repeat(" ", 70_000) + "\r\nZ:\r\n\r\n",
		"a long name":      "GET / HTTP/1.1\r\nHost: a\r\n" + long[:maxName] + ": y\r\nZ: z\r\n\r\n",
		"many long fields": "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X-Long: "+long[:4000]+" \r\n", 60) + "Z: z\r\n\r\n",
	} {
		h, b := &Head{}, []byte(text+"GET /next HTTP/1.1\r\n")
		if v := h.ParseRequest(b); v != Done || h.Size != len(text) {
			t.Errorf("%s: verdict %d, %v, %d bytes of %d", name, v, h.Fault(), h.Size, len(text))
			continue
		}
		if err := tile(h, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if target, want := string(h.Target.In(b)), strings.Fields(text)[1]; target != want {
			t.Errorf("%s: the target is %.20q, %d bytes, want %.20q, %d bytes", name, target, len(target), want, len(want))
		}
	}
}

// TestNominatedInLargeHeads: names that Connection fields have are found behind 64 KiB too.
func TestNominatedInLargeHeads(t *testing.T) {
	b := []byte("GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 200_000) + "\r\nConnection: x-last\r\nX-Last: y\r\n\r\n")
	h := &Head{}
	if v := h.ParseRequest(b); v != Done {
		t.Fatal(h.Fault())
	}
	for i := range h.N {
		if got, want := h.Nominated(b, &h.Fields[i]), i == h.N-1; got != want {
			t.Errorf("field %d is nominated: %v", i, got)
		}
	}
}

// TestLongNames: a name that a Field has no room for is refused.
func TestLongNames(t *testing.T) {
	b := []byte("GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("n", maxName+1) + ": y\r\n\r\n")
	h := &Head{}
	if v := h.ParseRequest(b); v != BadRequest || h.Fault() != lex.FaultFieldName {
		t.Errorf("verdict %d, %v", v, h.Fault())
	}
}

// TestFieldIsSmall: a worker has 256 of them for each stream.
func TestFieldIsSmall(t *testing.T) {
	if size := reflect.TypeFor[Field]().Size(); size > 16 {
		t.Errorf("a Field takes %d bytes", size)
	}
}
