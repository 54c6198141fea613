package classic

import (
	"strings"
)

// httpchk reads the request of health checks.
func httpchk(l *line) {
	request := []string{"OPTIONS", "/", "HTTP/1.0"}
	switch len(l.args) {
	case 0:
	case 1:
		request[1] = l.args[0]
	case 2, 3:
		copy(request, l.args)
	default:
		l.fail("%d words: write option httpchk METHOD URI VERSION", len(l.args))
		return
	}
	for i, word := range request {
		if i == 2 && strings.ContainsAny(word, "\r\n") {
			l.fail("fields in the request of a check are missing here: the version is HTTP/1.0 or HTTP/1.1. Leaving them out is safe if the server does not need them, as it would need Host")
			return
		}
		if strings.ContainsAny(word, " \t\r\n") || word == "" {
			l.fail("%q has a blank in it, or is empty: the request of a check has three words", word)
			return
		}
	}
	l.set("httpchk", strings.Join(request, " "))
}

// checkSend reads the newer way to write the request.
func checkSend(l *line) {
	request := table{"meth": "OPTIONS", "uri": "/", "ver": "HTTP/1.0"}
	for args := l.args; len(args) > 0; args = args[2:] {
		if _, ok := request[args[0]]; !ok || len(args) < 2 {
			l.fail("%q is missing here: write http-check send meth METHOD uri URI ver VERSION. Leaving it out is safe if the server does not need it", args[0])
			return
		}
		request[args[0]] = args[1]
	}
	l.args = []string{request["meth"].(string), request["uri"].(string), request["ver"].(string)}
	httpchk(l)
}

// checkExpect takes what is so anyway.
func checkExpect(l *line) {
	switch got := strings.Join(l.args, " "); got {
	case "status 200-399":
	case "":
		l.fail("it needs what is expected: write \"http-check expect status 200-399\"")
	default:
		l.fail("%q is missing here: a server is up when it answers 2xx or 3xx. Leaving it out is safe if a server that is to get nothing answers neither", got)
	}
}
