package raw

// KindOf names the type of a value in TOML's words.
func KindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a number with a fraction"
	case bool:
		return "a boolean"
	case map[string]any:
		return "a table"
	case []any, []map[string]any:
		return "a list"
	}
	return "a date or time"
}

// Tables is the tables of an array, in either of the forms in which the decoder gives them.
func Tables(v any) []map[string]any {
	switch v := v.(type) {
	case []map[string]any:
		return v
	case []any:
		var all []map[string]any
		for _, item := range v {
			if values, isTable := item.(map[string]any); isTable {
				all = append(all, values)
			}
		}
		return all
	}
	return nil
}

// Asks says whether a value asks for something: an empty one is how one does without.
func Asks(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v != ""
	case int64:
		return v != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return v != nil
}
