package master

import (
	"fmt"
	"testing"

	"lbmaster/conf"
	"lbmaster/master/listen"
	"lbmaster/master/succession"
	"lbmaster/tools/growth"
)

// TestWidthIsNoSquare: what an upgrade does with each address of each generation must not cost the square of them.
func TestWidthIsNoSquare(t *testing.T) {
	growth.NotSquare(t, 4000, func(n int) func() {
		m := &master{config: &conf.Config{Frontends: []conf.Frontend{{Mode: conf.ModeHTTP}}}, incoming: incoming{sockets: &inheritedSockets{listeners: make(map[string]succession.Listener)}}}
		var keys []string
		for i := range n {
			wide := fmt.Sprintf("0.0.0.0:%d", i+1)
			keys = append(keys, wide)
			m.incoming.sockets.listeners[wide] = succession.Listener{Address: wide}
			m.listeners = append(m.listeners, &listen.Listener{Key: fmt.Sprintf("127.0.0.1:%d", i+1)})
		}
		return func() {
			if got := len(m.exact([][]string{keys})); got != n {
				t.Errorf("%d addresses, want %d", got, n)
			}
			if !m.narrows() {
				t.Error("nothing is narrower")
			}
		}
	})
}
