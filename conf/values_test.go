package conf

import (
	"slices"
	"strings"
	"testing"

	"lbmaster/conf/key"
	"lbmaster/conf/raw"
)

func TestNearest(t *testing.T) {
	for in, want := range map[string]string{"ballance": "balance", "maxcon": "maxconn", "tiemout": "timeout", "xyz": "", "binds": "bind"} {
		if got := raw.Nearest(in, key.Names(key.InListen)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// TestDeferAccept: clients of HTTP speak first, unless they are monitors; others need not.
func TestDeferAccept(t *testing.T) {
	for text, want := range map[string]bool{
		"mode = \"http\"":                                                     true,
		"mode = \"http\"\ndefer_accept = false":                               false,
		"mode = \"http\"\nmonitor_net = \"10.0.0.1/32\"":                      false,
		"mode = \"http\"\nmonitor_net = \"10.0.0.1/32\"\ndefer_accept = true": true,
		"mode = \"tcp\"":                                                      false,
		"mode = \"tcp\"\ndefer_accept = true":                                 true,
	} {
		c, _, err := Parse("f", []byte("[listen.web]\nbind = \"127.0.0.1:80\"\n"+text+"\n[[listen.web.server]]\nname = \"a\"\naddress = \"10.0.0.1:80\"\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := c.Frontends[0].DeferAccept; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// TestDeferAcceptOfNobody: in mode health nobody need say anything.
func TestDeferAcceptOfNobody(t *testing.T) {
	for text, want := range map[string]string{"": "", "defer_accept = true": "f:4: listen.web.defer_accept: clients of mode health need not send anything"} {
		c, _, err := Parse("f", []byte("[listen.web]\nbind = \"127.0.0.1:80\"\nmode = \"health\"\n"+text+"\n"))
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) || err == nil && c.Frontends[0].DeferAccept {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestAdmin: /metrics is for this machine, unless it is meant for others.
func TestAdmin(t *testing.T) {
	const rest = "\n[listen.web]\nbind = \"127.0.0.1:80\"\nmode = \"http\"\n[[listen.web.server]]\nname = \"a\"\naddress = \"127.0.0.1:81\"\n"
	for text, want := range map[string]string{
		`socket = "/run/lb.sock"`:                                    "",
		`socket = "lb.sock"`:                                         `admin.socket: "lb.sock" must be an absolute path of at most 103 bytes`,
		`listen = "127.0.0.1:8404"`:                                  "",
		`listen = "[::1]:8404"`:                                      "",
		`listen = "192.168.1.1:8404"`:                                "others can reach 192.168.1.1:8404: write \"127.0.0.1:8404\", or add public = true",
		`listen = ":8404"`:                                           "others can reach :8404",
		"listen = \"192.168.1.1:8404\"\npublic = true":               "",
		"listen = \"192.168.1.1:8404\"\npublic = true\npprof = true": "pprof: profiles show how the program works inside, and cost time: listen must be a loopback address",
		"pprof = true":                                               "listen must be a loopback address",
		"listen = \"127.0.0.1:8404\"\npprof = true":                  "",
		`listen = "127.0.0.1"`:                                       "has no port",
		`listen = "127.0.0.1:1-2"`:                                   "is not one address with a port",
		`listen = "unix:/run/x"`:                                     "is not one address with a port",
		`listen = "127.0.0.1:80"`:                                    "127.0.0.1:80 is bound by admin already",
	} {
		c, _, err := Parse("f", []byte("[admin]\n"+text+rest))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if err == nil && strings.HasPrefix(text, "listen") != c.Admin.Listen.IsValid() {
			t.Errorf("%s became %+v", text, c.Admin)
		}
	}
}

// TestAdminHosts: names come back in lower case; what is no name is refused.
func TestAdminHosts(t *testing.T) {
	const web = "[listen.a]\nbind = ':80'\nserver = [{ name = 'a', address = '127.0.0.1:81' }]\n"
	c, _, err := Parse("f", []byte(web+"[admin]\nhosts = ['Metrics.example.org', 'box_1', 'x.']\n"))
	if err != nil || !slices.Equal(c.Admin.Hosts, []string{"metrics.example.org", "box_1", "x"}) {
		t.Errorf("%v, %v", c, err)
	}
	for _, bad := range []string{"", "a:80", "http://a", "a/b", "*", "a b", "[::1]", ".a"} {
		_, _, err := Parse("f", []byte(web+"[admin]\nhosts = ['"+bad+"', 'ok']\n"))
		if err == nil || !strings.Contains(err.Error(), "f:5: admin.hosts: ") || !strings.Contains(err.Error(), "metrics.example.org") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
