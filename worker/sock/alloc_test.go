//go:build !fdtrace

package sock

import "testing"

// The leak registry allocates.
func TestAllocations(t *testing.T) {
	a, b := pair(t)
	buf, word := make([]byte, 100), []byte("hello")
	address := addresses(t)["unix"]
	l := listen(t, address, 10)
	q := NewPipes(1, pipeSize)
	q.Put(q.Take())
	defer q.Trim(0)
	n := testing.AllocsPerRun(100, func() {
		a.Send(word)
		b.Peek()
		b.Recv(buf)
		b.Recv(buf)
		b.NoDelay()
		client, _ := Connect(&address)
		var peer Peer
		server, _ := l.Accept(&peer)
		client.Name()
		a.Send(word)
		p := q.Take()
		p.Fill(b, 100)
		p.Drain(b)
		a.Recv(buf)
		q.Put(p)
		client.Close()
		server.Close()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
