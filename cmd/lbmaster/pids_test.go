//go:build linux

package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// TestPids: what a shell makes of "-sf $(cat PIDFILE)", whatever is in the file and behind it.
func TestPids(t *testing.T) {
	for _, tt := range []struct {
		args       string
		soft, hard []int
		pidfile    string
		fails      bool
	}{
		{args: "-c x -sf 12 345", soft: []int{12, 345}},
		{args: "-c x -sf 12 345 -p f", soft: []int{12, 345}, pidfile: "f"},
		{args: "-c x --st 12", hard: []int{12}},
		{args: "-c x -sf -p f", pidfile: "f"},
		{args: "-c x -sf"},
		{args: "-c x -sf x", fails: true},
		{args: "-c x -sf 1", fails: true},
		{args: "-c x -sf 5 -st 6", fails: true},
	} {
		o, err := parseFlags(env{args: strings.Fields(tt.args), stderr: io.Discard})
		switch {
		case tt.fails != (err != nil):
			t.Errorf("%s: %v", tt.args, err)
		case err == nil && (!slices.Equal(o.soft, tt.soft) || !slices.Equal(o.hard, tt.hard) || o.pidfile != tt.pidfile):
			t.Errorf("%s: %+v", tt.args, o)
		}
	}
}
