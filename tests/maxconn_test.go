//go:build linux

package tests

import (
	"fmt"
	"strings"
	"testing"
)

// A frontend lets in as many clients as the instance: who raises the limit of the instance has raised that of its frontends.
func TestMaxconnOfTheInstanceIsThatOfFrontends(t *testing.T) {
	t.Parallel()
	s, _ := newSite(t, 1)
	s.global = "maxconn = 2345"
	s.tail = fmt.Sprintf("[listen.own]\nbind = [%q]\nmode = \"http\"\nmaxconn = 77\ntimeout = %s\n[[listen.own.server]]\nname = \"a\"\naddress = %q\n",
		s.place.addr(1, 8081), patient, s.place.server(0))
	s.withAdmin(t)
	s.run(t)
	limits := make(map[string]string)
	for _, line := range strings.Split(tell(t, s.socket, "show stat"), "\n")[1:] {
		if f := strings.Split(line, ","); len(f) > 6 && f[1] == "FRONTEND" {
			limits[f[0]] = f[6] // slim
		}
	}
	if limits["web"] != "2345" || limits["own"] != "77" {
		t.Errorf("limits %v", limits)
	}
}
