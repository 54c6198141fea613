package stats

// Places are the places of names in a list, the first one of each. To search a list for each name of another costs the
// product of their lengths.
func Places[T comparable](list []T) map[T]int {
	at := make(map[T]int, len(list))
	for i, name := range list {
		if _, ok := at[name]; !ok {
			at[name] = i
		}
	}
	return at
}
