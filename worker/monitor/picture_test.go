package monitor

import (
	"strconv"
	"testing"

	"lbmaster/conf"
	"lbmaster/tools/growth"
)

// TestSectionsAreNoSquare: a frontend is not searched for each backend, when rows are laid out and when they are told.
func TestSectionsAreNoSquare(t *testing.T) {
	t.Parallel()
	made := make(map[int]*monitor)
	growth.NotSquare(t, 1500, func(n int) func() {
		if made[n] == nil {
			made[n] = manySections(t, n)
		}
		m := made[n]
		return func() { tellSections(t, m, n) }
	})
}

// manySections is the monitor of an instance with n sections.
func manySections(t *testing.T, n int) *monitor {
	c := testConfig("127.0.0.1")
	c.Frontends, c.Backends = nil, nil
	for i := range n {
		name := "farm" + strconv.Itoa(i)
		c.Frontends = append(c.Frontends, conf.Frontend{Name: name, Section: "listen." + name, Line: i, Backend: name, Maxconn: 100})
		c.Backends = append(c.Backends, conf.Backend{Name: name, Section: "listen." + name, Line: i})
	}
	m, _ := buildMonitor(t, newInstance(t, c, 1))
	return m
}

// tellSections lays out and tells what there is of n sections.
func tellSections(t *testing.T, m *monitor, n int) {
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
