package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	unix := "unix:" + filepath.Join(t.TempDir(), "s")
	args := []string{
		"-name", "webB", "-listen", "127.61.7.2:7001," + unix, "-listen", "127.61.7.2:7002", "-echo", "127.61.7.2:7003",
		"-watch", "X-A", "-until-eof",
	}
	stdin, end := io.Pipe()
	stdout, say := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(context.Background(), args, stdin, say, io.Discard) }()
	lines := bufio.NewReader(stdout)
	for _, address := range []string{"127.61.7.2:7001", unix, "127.61.7.2:7002", "127.61.7.2:7003"} {
		if line, _ := lines.ReadString('\n'); line != "origin webB listening on "+address+"\n" {
			t.Errorf("said %q", line)
		}
	}
	a, err := http.Get("http://127.61.7.2:7002/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(a.Body)
	a.Body.Close()
	if string(body) != "webB /\n" {
		t.Errorf("answered %q", body)
	}
	end.Close()
	if err := <-done; err != nil {
		t.Errorf("run returned %v", err)
	}
	if c, err := net.Dial("tcp", "127.61.7.2:7001"); err == nil {
		c.Close()
		t.Error("still listening")
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := run(ctx, []string{"-listen", "127.61.7.2:7004"}, nil, io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "nothing to do"},
		{"-listen 127.61.7.2:7005 more", "unexpected argument"},
		{"-what", "not defined"},
		{"-listen 127.61.7.2:7006,127.61.7.2:7006", "address already in use"},
		{"-listen unix:/nonexistent/s", "no such file"},
	} {
		var stderr bytes.Buffer
		err := run(context.Background(), strings.Fields(c.args), nil, io.Discard, &stderr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
}
