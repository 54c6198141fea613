package raw

// maxNear is the length in bytes of a name that may be a known one written wrongly: a distance costs the product of both lengths.
const maxNear = 128

// Nearest is the known name that needs the fewest changes to become name, "" when none is near.
func Nearest(name string, known []string) string {
	best, least := "", len(name)/3+2
	if len(name) > maxNear {
		return ""
	}
	for _, k := range known {
		if max(len(name)-len(k), len(k)-len(name)) >= least {
			continue // each byte that one of them has more is a change
		}
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of bytes to insert, remove, replace or swap with the next to make b out of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
