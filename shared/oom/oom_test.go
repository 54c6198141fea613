package oom

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain plays a child that offers itself.
func TestMain(m *testing.M) {
	if os.Getenv("OOM_TEST") == "" {
		os.Exit(m.Run())
	}
	if err := Offer(); err != nil {
		panic(err)
	}
	text, _ := os.ReadFile(file)
	os.Stdout.Write(text)
}

func TestOffer(t *testing.T) {
	for before, want := range map[string]string{"300": "350", "990": "1000"} {
		cmd := exec.Command("/bin/sh", "-c", "echo "+before+" >/proc/self/oom_score_adj && exec /proc/$PPID/exe")
		cmd.Env = append(os.Environ(), "OOM_TEST=1")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s became %q, %v, want %s", before, out, err, want)
		}
	}
}
