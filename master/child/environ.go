package child

import "strings"

// Environ is what a child gets of the environment: nothing that is meant for the master as a service, or by which
// a library would take the child for something else. A worker uses one thread at a time, and the monitor needs no more.
func Environ(environ []string) []string {
	var all []string
	for _, e := range environ {
		if !hasAnyPrefix(e, "TABLEFLIP_", "LISTEN_", "NOTIFY_SOCKET=", "WATCHDOG_", "LBMASTER_", "GOMAXPROCS=") {
			all = append(all, e)
		}
	}
	return append(all, "GOMAXPROCS=1")
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
