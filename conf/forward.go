package conf

import (
	"net/netip"
	"slices"
	"strings"

	"lbmaster/conf/valid"
)

// Forward is how servers are told a client's address, where ForwardFor says that they are.
type Forward struct {
	Header string         `json:",omitempty"` // the field's name; "": X-Forwarded-For
	Except []netip.Prefix `json:",omitempty"` // clients that are not told of, such as proxies that have said it already
	Policy Forwarded      `json:",omitempty"`
}

// Forwarded is what becomes of fields of that name that a client sends.
type Forwarded uint8

const (
	ForwardedAdd     Forwarded = iota // they stay, and another one is added
	ForwardedReplace                  // the proxy's own stands instead of them
	ForwardedKeep                     // they stay, and there is no other
)

var forwardedWords = []string{ForwardedAdd: "add", ForwardedReplace: "replace", ForwardedKeep: "keep"}

// maxForwardHeader is how long the field's name may be: it must fit beside what else is added to a head.
const maxForwardHeader = 64

// otherwiseUsed are fields that mean something to the proxy or to how a message is read, in lower case.
var otherwiseUsed = []string{
	"authorization", "cache-control", "connection", "content-length", "cookie", "expect", "host", "keep-alive", "proxy-authenticate",
	"proxy-authorization", "proxy-connection", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "www-authenticate",
}

// forward reads the keys that say how forwardfor is meant.
func forward(t *table) Forward {
	f := Forward{Header: t.Str("forwardfor_header", ""), Except: t.Networks("forwardfor_except")}
	f.Policy = Forwarded(slices.Index(forwardedWords, t.One("forwarded", "add", forwardedWords...)))
	_, in, _ := t.Find("forwardfor_header")
	switch {
	case f.Header == "":
	case !valid.Token(f.Header) || len(f.Header) > maxForwardHeader:
		in.Wrong("forwardfor_header", "%q is not a name for a field of at most %d bytes: write one such as \"X-Client-IP\"", f.Header, maxForwardHeader)
	case slices.Contains(otherwiseUsed, strings.ToLower(f.Header)):
		in.Wrong("forwardfor_header", "%q means something else in HTTP: write another name, such as \"X-Client-IP\"", f.Header)
	case strings.EqualFold(f.Header, "X-Forwarded-For"):
		f.Header = "" // it is so anyway
	}
	return f
}
