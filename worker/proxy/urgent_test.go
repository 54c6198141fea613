package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sendUrgent sends a byte as urgent data.
func sendUrgent(t *testing.T, c *net.TCPConn, b byte) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Write(func(fd uintptr) bool {
		err = unix.Sendto(int(fd), []byte{b}, unix.MSG_OOB, nil)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUrgentData: a receive stops short of urgent data. That must not be taken for the end of what has come: all of it
// passes, in its place, also when it has come at once, or in the middle of a large stream.
func TestUrgentData(t *testing.T) {
	for i, size := range []int{10, 3_000_000} {
		got := make(chan error, 1)
		sent := noise(4, 2*size+1)
		f := start(t, fmt.Sprintf("127.61.3.%d", 31+i), relays, func(c net.Conn, in *bufio.Reader) {
			io.WriteString(c, "go")
			c.SetReadDeadline(time.Now().Add(fatal / 4))
			got <- reads(in, sent)
			_, err := in.ReadByte()
			got <- err
		})
		c := f.dial()
		c.want("go")
		pass := make(chan bool)
		stopped := make(chan bool)
		f.calls <- func() { close(stopped); <-pass } // so that all of it comes at once
		unix.Write(f.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		<-stopped
		done := make(chan bool)
		go func() {
			defer close(done)
			c.Write(sent[:size])
			sendUrgent(t, c.TCPConn, sent[size])
			c.Write(sent[size+1:])
		}()
		if size < 1000 {
			<-done
		}
		close(pass)
		if err := <-got; err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		<-done
		c.CloseWrite()
		if err := <-got; err != io.EOF {
			t.Errorf("%d bytes: %v instead of the end", size, err)
		}
	}
}
