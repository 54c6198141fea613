package proxy

import (
	"strconv"
	"testing"

	"lbmaster/shared/stats"
	"lbmaster/tools/growth"
)

func TestRespectIsNoSquare(t *testing.T) {
	growth.NotSquare(t, 4000, func(n int) func() {
		rows := []stats.Row{{Kind: stats.Worker}}
		for i := range n {
			rows = append(rows, stats.Row{Kind: stats.Frontend, Proxy: "farm" + strconv.Itoa(i)})
		}
		ours, err := stats.Create(rows, 1)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := stats.Create(rows, 1)
		if err != nil {
			t.Fatal(err)
		}
		p := &Proxy{stats: ours, frontends: make([]*frontend, n)}
		t.Cleanup(func() {
			if err := p.RemovePeerGeneration(1); err != nil {
				t.Error(err)
			}
			if err := ours.Close(); err != nil {
				t.Error(err)
			}
		})
		return func() {
			if err := p.AddPeerGeneration(1, theirs); err != nil {
				t.Error(err)
			}
		}
	})
}
