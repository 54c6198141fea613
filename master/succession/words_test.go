package succession

import (
	"os"
	"testing"
)

// What a new master has said is heard, and nobody waits for what it has not said: the pipe stays open.
func TestHear(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, said := range []string{"", "pid 4711", ""} {
		if _, err := w.WriteString(said); err != nil {
			t.Fatal(err)
		}
		if got := hear(r); got != said {
			t.Errorf("heard %q, want %q", got, said)
		}
	}
}
