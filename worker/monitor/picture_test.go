package monitor

import (
	"strconv"
	"testing"

	"lbmaster/conf"
	"lbmaster/tools/growth"
)

// TestSectionsAreNoSquare: a frontend is not searched for each backend, when rows are laid out and when they are told.
func TestSectionsAreNoSquare(t *testing.T) {
	growth.NotSquare(t, 600, func(n int) func() {
		c := testConfig("127.0.0.1")
		c.Frontends, c.Backends = nil, nil
		for i := range n {
			name := "farm" + strconv.Itoa(i)
			c.Frontends = append(c.Frontends, conf.Frontend{Name: name, Section: "listen." + name, Line: i, Backend: name, Maxconn: 100})
			c.Backends = append(c.Backends, conf.Backend{Name: name, Section: "listen." + name, Line: i})
		}
		m, _ := buildMonitor(t, newInstance(t, c, 1))
		return func() {
			m.rows = nil
			m.layOut()
			if got := len(m.rows); got != 2*n {
				t.Errorf("%d rows, want %d", got, 2*n)
			}
			for _, row := range m.picture(m.started).Rows {
				if row.ServerID == 0 && row.Proxy == "" {
					t.Error("a row without a name")
				}
			}
		}
	})
}
