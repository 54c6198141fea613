package conf

import (
	"cmp"

	"lbmaster/conf/raw"
	"lbmaster/conf/typed"
	"lbmaster/conf/valid"
)

// OwnHost as a name of the host means the machine's own.
const OwnHost = "*"

// The longest names that headers of log lines have (RFC 3164 section 4.1.3, gethostname(2)).
const (
	maxLogTag  = 32
	maxLogHost = 64
)

// LogTag is the name of the program in the lines of a frontend; nil: in those about the instance.
func (c *Config) LogTag(f *Frontend) string {
	if f == nil {
		return cmp.Or(c.Global.LogTag, "lbmaster")
	}
	return cmp.Or(f.LogTag, c.Global.LogTag, "lbmaster")
}

// logTag reads the name that lines to log daemons have.
func logTag(t *table) string {
	tag, in := typed.Get(t, "log_tag", "a string", "")
	if len(tag) > maxLogTag || !valid.LogWord(tag, ":[]") {
		in.Wrong("log_tag", "%q: at most %d printable characters of ASCII are possible, and no blank, colon or bracket", tag, maxLogTag)
	}
	return tag
}

// logHost reads true, for the machine's own name, or a name.
func logHost(t *table) string {
	v, in, _ := t.Find("log_send_hostname")
	switch v := v.(type) {
	case nil:
	case bool:
		if v {
			return OwnHost
		}
	case string:
		if len(v) <= maxLogHost && valid.LogWord(v, "*") {
			return v
		}
		in.Wrong("log_send_hostname", "%q is not a name: at most %d printable characters of ASCII are possible, and no blank or asterisk", v, maxLogHost)
	default:
		in.Wrong("log_send_hostname", "%s where true, false or a name is expected", raw.KindOf(v))
	}
	return ""
}
