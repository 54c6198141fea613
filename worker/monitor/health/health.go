// Package health decides from the results of health checks whether a server is up. It is pure.
//
// A server has one count. Good checks raise it, bad ones lower it:
//
//	0                     rise                  rise+fall-1
//	|------ down ---------|--------- up ---------|
//	0 <-- any bad check   |   one good check --> top
//	      while down      |   while up
//	0 <------ bad check --|
//
// So `rise` good checks in a row bring a server up, and `fall` bad ones in a row bring it down; what is not in a row does
// not count. A server begins up, at rise: the first bad check takes it down.
package health

import "fmt"

// Limits is how many checks in a row change the state. Both are at least 1.
type Limits struct{ Rise, Fall int }

// Count is where a server stands between the limits.
type Count int

// First is the count of a server that has not been checked yet.
func (l Limits) First() Count { return Count(l.Rise) }

// Top is the count of a server whose last check was good while it was up.
func (l Limits) Top() Count { return Count(l.Rise + l.Fall - 1) }

// Up says whether a server with this count is up.
func (l Limits) Up(c Count) bool { return c >= Count(l.Rise) }

// Next is the count after one more check.
func (l Limits) Next(c Count, good bool) Count {
	switch {
	case good && c+1 >= Count(l.Rise):
		return l.Top()
	case good:
		return c + 1
	case c > Count(l.Rise):
		return c - 1
	}
	return 0
}

// Restore makes sense of a count that was kept elsewhere, beside the state that it led to, perhaps with other limits. The
// state is right; the count follows it.
func (l Limits) Restore(c Count, up bool) Count {
	if up {
		return min(max(c, Count(l.Rise)), l.Top())
	}
	return min(max(c, 0), Count(l.Rise)-1)
}

// Text is the state as people know it: "UP", "UP 2/3" on its way down, "DOWN 1/2" on its way up, "DOWN".
func (l Limits) Text(c Count) string {
	switch {
	case c >= l.Top():
		return "UP"
	case l.Up(c):
		return fmt.Sprintf("UP %d/%d", int(c)-l.Rise+1, l.Fall)
	case c > 0:
		return fmt.Sprintf("DOWN %d/%d", int(c), l.Rise)
	}
	return "DOWN"
}

// Place is the state with how far it is from the other one: "1/3 UP", "3/3 UP", "0/2 DOWN", "1/2 DOWN".
func (l Limits) Place(c Count) string {
	if l.Up(c) {
		return fmt.Sprintf("%d/%d UP", int(c)-l.Rise+1, l.Fall)
	}
	return fmt.Sprintf("%d/%d DOWN", int(c), l.Rise)
}
