package cookie

import "testing"

func TestName(t *testing.T) {
	for _, c := range []struct{ setCookie, want string }{
		{"SRV=B; path=/", "SRV"},
		{"SRV=B", "SRV"},
		{" SRV = B", "SRV"},
		{"SRV=", "SRV"},
		{"SRV=a=b; path=/", "SRV"},
		{`SRV="x;y"`, "SRV"},
		{"SRV; path=/", ""},
		{"SRV", ""},
		{"=B", ""},
		{"", ""},
		{"; SRV=B", ""},
	} {
		if got := string(Name([]byte(c.setCookie))); got != c.want {
			t.Errorf("Name(%q) = %q, want %q", c.setCookie, got, c.want)
		}
	}
}

func TestAppendSet(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"SERVERID", "A", "Set-Cookie: SERVERID=A; path=/\r\n"},
		{"SERVERID", "", "Set-Cookie: SERVERID=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/\r\n"},
	} {
		if got := string(AppendSet([]byte("X: y\r\n"), c.name, c.value)); got != "X: y\r\n"+c.want {
			t.Errorf("AppendSet(%q, %q) = %q", c.name, c.value, got)
		}
	}
}
