package balance

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// picks makes a string of the next n picks, a for server 0.
func picks(r *RoundRobin, n int, weights ...int32) string {
	var s strings.Builder
	r.Weigh(weights)
	for range n {
		if i := r.Pick(None); i < 0 {
			s.WriteByte('-')
		} else {
			s.WriteByte(byte('a' + i))
		}
	}
	return s.String()
}

func TestPick(t *testing.T) {
	for _, c := range []struct {
		name    string
		start   int
		weights []int32
		want    string
	}{
		{"order of declaration", 0, []int32{1, 1, 1, 1}, "abcdabcd"},
		{"equal weights above one", 0, []int32{7, 7, 7}, "abcabc"},
		{"start", 2, []int32{1, 1, 1, 1}, "cdabcdab"},
		{"start beyond the end", 5, []int32{1, 1, 1}, "cabcab"},
		{"start below zero", -1, []int32{1, 1, 1}, "cabcab"},
		{"start at a server without weight", 1, []int32{1, 0, 1}, "cacaca"},
		{"weights", 0, []int32{5, 1, 1}, "abaaacaabaaaca"},
		{"two of each weight", 0, []int32{2, 2, 1, 1}, "acbadbacbadb"},
		{"weights 1 2 3", 0, []int32{1, 2, 3}, "cbacbccbacbc"},
		{"one server", 0, []int32{3}, "aaaa"},
		{"none", 0, []int32{}, "----"},
		{"weight zero", 0, []int32{0, 2, 0, 1}, "bdbbdb"},
		{"all weights zero", 0, []int32{0, 0}, "----"},
		{"negative weights count as zero", 0, []int32{-5, 1}, "bbbb"},
		{"largest weights", 0, []int32{math.MaxInt32, math.MaxInt32}, "abababab"},
	} {
		r := NewRoundRobin(len(c.weights), c.start)
		if got := picks(r, len(c.want), c.weights...); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestEveryRoundIsExact(t *testing.T) {
	for start := range 6 {
		weights := []int32{3, 1, 0, 8, 2, 2}
		r := NewRoundRobin(len(weights), start)
		for round := range 5 {
			got := make([]int32, len(weights))
			r.Weigh(weights)
			for range 16 {
				got[r.Pick(None)]++
			}
			if !slices.Equal(got, weights) {
				t.Errorf("start %d round %d: %v picks, want %v", start, round, got, weights)
			}
		}
	}
}

func TestWorkersBeginApart(t *testing.T) {
	var first string
	for worker := range 4 {
		first += picks(NewRoundRobin(4, worker), 1, 1, 1, 1, 1)
	}
	if first != "abcd" {
		t.Errorf("the first picks of four workers are %s", first)
	}
}

func TestWeightsThatChange(t *testing.T) {
	r := NewRoundRobin(4, 0)
	if got := picks(r, 6, 1, 1, 1, 1); got != "abcdab" {
		t.Fatalf("at first %s", got)
	}
	if got := picks(r, 6, 1, 1, 0, 1); strings.Contains(got, "c") || !even(got, "abd", 2) {
		t.Errorf("with c down: %s", got)
	}
	if got := picks(r, 3, 0, 0, 0, 0); got != "---" {
		t.Errorf("with all down: %s", got)
	}
	if got := picks(r, 400, 1, 1, 1, 1); !even(got[8:], "abcd", 98) {
		t.Errorf("with all up again: %s", got)
	}
}

func TestOldWeightsAreSoonForgotten(t *testing.T) {
	r := NewRoundRobin(2, 0)
	picks(r, 777, 1_000_000, 1)
	got := picks(r, 20, 1, 1)
	if strings.Contains(got, "aaaaa") || strings.Contains(got, "bbbbb") {
		t.Errorf("after weights of a million to one, equal ones give %s", got)
	}
}

func TestChangingWeightsAtRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	const n = 5
	r, weights := NewRoundRobin(n, 3), make([]int32, n)
	for range 2000 {
		sum := int32(0)
		for i := range weights {
			weights[i] = max(0, rnd.Int32N(40)-10)
			sum += weights[i]
		}
		got := make([]int32, n)
		r.Weigh(weights)
		for range 3 * sum {
			got[r.Pick(None)]++
		}
		for i, w := range weights {
			// Two rounds are enough to forget what was before.
			if got[i] < w || got[i] > 5*w+2 || w == 0 && got[i] > 0 {
				t.Fatalf("weights %v: %v picks in three rounds", weights, got)
			}
		}
	}
}

// even says whether each of the servers got exactly n picks.
func even(picks, servers string, n int) bool {
	for _, s := range servers {
		if strings.Count(picks, string(s)) != n {
			return false
		}
	}
	return true
}

func TestPickAllocatesNothing(t *testing.T) {
	r := NewRoundRobin(4, 0)
	for _, weights := range [][]int32{{1, 1, 1, 1}, {4, 3, 2, 1}} {
		if n := testing.AllocsPerRun(100, func() { r.Weigh(weights); r.Pick(None); r.Pick(2) }); n != 0 {
			t.Errorf("%v allocations with the weights %v", n, weights)
		}
	}
}

// TestEvenness: at any time every server has had its share of the picks, but for less than two.
func TestEvenness(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n := 1 + rnd.IntN(30)
		r, weights, got := NewRoundRobin(n, rnd.IntN(n)), make([]int32, n), make([]int, n)
		for i := range weights {
			weights[i] = 1 + rnd.Int32N(1+rnd.Int32N(256))
		}
		r.Weigh(weights)
		for k := range 2 * int(r.sum) {
			got[r.Pick(None)]++
			for i, w := range weights {
				if share := float64(k+1) * float64(w) / float64(r.sum); math.Abs(float64(got[i])-share) >= 2 {
					t.Fatalf("weights %v from %d: after %d picks server %d has had %d instead of %.1f", weights, r.start, k+1, i, got[i], share)
				}
			}
		}
	}
}

// TestNewsOfOthers: the board changes for other backends too. Weights that are the same interrupt nothing.
func TestNewsOfOthers(t *testing.T) {
	weights := []int32{5, 1, 3, 1, 1, 3}
	quiet, busy := NewRoundRobin(len(weights), 2), NewRoundRobin(len(weights), 2)
	quiet.Weigh(weights)
	for k := range 50 {
		busy.Weigh(weights)
		if a, b := quiet.Pick(None), busy.Pick(None); a != b {
			t.Fatalf("pick %d is %d, and %d when weights are set each time", k, a, b)
		}
	}
}

// TestOneOfManyChanges: the others' turns go on where they were.
func TestOneOfManyChanges(t *testing.T) {
	r := NewRoundRobin(8, 0)
	if got := picks(r, 5, 1, 1, 1, 1, 1, 1, 1, 1); got != "abcde" {
		t.Fatalf("at first %s", got)
	}
	if got := picks(r, 4, 1, 1, 1, 1, 1, 1, 0, 1); got != "fhab" {
		t.Errorf("without g: %s", got)
	}
	if got := picks(r, 16, 1, 1, 1, 1, 1, 1, 1, 1); !even(got, "abcdefgh", 2) {
		t.Errorf("with g again: %s", got)
	}
}

// The one to avoid is not picked, and the others get what they should.
func TestAvoid(t *testing.T) {
	for _, tt := range []struct {
		weights []int32
		avoid   int
		want    string
	}{
		{[]int32{1, 1, 1}, 1, "acacac"},
		{[]int32{1, 0, 0}, 0, "---"},
		{[]int32{1, 0, 1}, 0, "cccc"},
		{[]int32{4, 1, 2}, 0, "cbccbc"},
		{[]int32{4, 0, 0, 3}, 3, "aaaa"},
	} {
		r, got := NewRoundRobin(len(tt.weights), 0), ""
		r.Weigh(tt.weights)
		for range len(tt.want) {
			if i := r.Pick(tt.avoid); i == None {
				got += "-"
			} else {
				got += string(rune('a' + i))
			}
		}
		if got != tt.want {
			t.Errorf("weights %v without %d: %s, want %s", tt.weights, tt.avoid, got, tt.want)
		}
	}
}

func benchmark(b *testing.B, n, levels int) {
	r, weights := NewRoundRobin(n, 0), make([]int32, n)
	for i := range weights {
		weights[i] = int32(i%levels + 1)
	}
	r.Weigh(weights)
	b.ReportAllocs()
	for b.Loop() {
		r.Pick(None)
	}
}

func BenchmarkPick4(b *testing.B)         { benchmark(b, 4, 3) }
func BenchmarkPick100(b *testing.B)       { benchmark(b, 100, 3) }
func BenchmarkPick1000(b *testing.B)      { benchmark(b, 1000, 3) }
func BenchmarkPickEqual1000(b *testing.B) { benchmark(b, 1000, 1) }
func BenchmarkPickWorst(b *testing.B)     { benchmark(b, 1000, 256) }
