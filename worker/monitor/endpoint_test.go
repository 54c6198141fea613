package monitor

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTalk: what a client may do on the admin socket, with a monitor that answers.
func TestTalk(t *testing.T) {
	i := newInstance(t, testConfig("127.62.3.9"), 1)
	m, _ := buildMonitor(t, i)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case call := <-m.calls:
				call()
			case <-stop:
				return
			}
		}
	}()
	defer close(stop)
	talk := func(send string) string {
		t.Helper()
		mine, theirs := net.Pipe()
		defer mine.Close()
		go m.talk(theirs, newTalks())
		mine.SetDeadline(time.Now().Add(fatal))
		go io.WriteString(mine, send)
		b, err := io.ReadAll(mine)
		if err != nil {
			t.Fatalf("%.40q: %q, %v", send, b, err)
		}
		return string(b)
	}
	for send, want := range map[string]string{
		"get weight web/a\n":                                "1 (initial 1)\n\n",
		"get weight web/a;get weight web/x\nshow stat\n":    "1 (initial 1)\n\nNo such server.\n\n",
		"set server pool/x weight 200%;get weight pool/x\n": "\n2 (initial 1)\n\n",
		"prompt\nget weight x/a\nquit\n":                    "\n> No such backend.\n\n> ",
		"prompt;prompt;get weight x/a\n":                    "\n> \nNo such backend.\n\n",
		"quit\n":                                            "",
		"set server web/b addr 127.62.3.9 port 8002\n":      "no need to change the addr, no need to change the port by 'stats socket command'\n\n",
		"set server web/c addr 127.62.3.8\n":                "IP changed from '127.62.3.9' to '127.62.3.8' by 'stats socket command'\n\n",
		strings.Repeat("x", 17<<10) + "\n":                  "",
		"clear counters;;clear counters all\n":              "\n\n",
	} {
		if got := talk(send); got != want {
			t.Errorf("%.60q: %q, want %q", send, got, want)
		}
	}
	if got := talk("show stat\n"); strings.Count(got, "\n") != 10 || !strings.HasPrefix(got, "# pxname,svname,") {
		t.Errorf("show stat: %q", got)
	}
}

// TestBusyLoop: an answer does not wait for ever.
func TestBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		m := newMonitor(-1, nil)
		if err := m.ask(func() {}); err == nil || err.Error() != "the monitor is busy" {
			t.Errorf("%v", err)
		}
		if d := time.Since(begin); d != askTime {
			t.Errorf("it took %v, want %v", d, askTime)
		}
	})
}
