package sock_test

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"lbmaster/worker/poll"
	"lbmaster/worker/sock"
)

// A connection is begun without a wait; that it is there is known when it can be written to.
func ExampleConnect() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	to := sock.TCP(netip.MustParseAddrPort(l.Addr().String()))
	fd, e := sock.Connect(&to)
	if e != 0 && e != unix.EINPROGRESS {
		panic(e)
	}
	defer fd.Close()

	p, err := poll.New()
	if err != nil {
		panic(err)
	}
	defer p.Close()
	p.Add(fd.Int(), poll.Stream, poll.NewToken(1, 7, 1))
	if n, e := p.Wait(5000); n != 1 || e != 0 {
		panic(fmt.Sprint(n, e))
	}
	_, ready := p.Event(0)
	fmt.Println("there:", ready&poll.Writable != 0, fd.Error() == 0)
	n, _ := fd.Send([]byte("hello"))
	_, e = fd.Recv(make([]byte, 10))
	fmt.Println("sent:", n, "nothing to read:", e == unix.EAGAIN)
	// Output:
	// there: true true
	// sent: 5 nothing to read: true
}
