// Package environ reads variables of an environment; pure.
package environ

import "strings"

// Of is the value of a variable, "" when it is not there.
func Of(environ []string, name string) string {
	for _, e := range environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}
