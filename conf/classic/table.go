package classic

import (
	"slices"
	"strings"
)

// Verdict is what becomes of a keyword.
type Verdict uint8

const (
	Taken   Verdict = iota // it becomes something in the configuration
	Default                // it is so here anyway; it may undo what stands in the defaults
	Ignored                // it changes nothing here: one warning for all of them
	Refused                // it cannot be had: an error
)

func (v Verdict) String() string {
	return [...]string{Taken: "read", Default: "the default here", Ignored: "ignored", Refused: "refused"}[v]
}

// side is the kinds of sections in which a keyword may stand.
type side uint8

const (
	front side = 1 << iota
	back
	defaults
)

const anywhere = 0

// sides are what a section of each kind is.
var sides = map[string]side{"global": 0xff, "defaults": defaults, "listen": front | back, "frontend": front, "backend": back}

func (s side) String() string {
	var all []string
	for _, kind := range []string{"defaults", "listen", "frontend", "backend"} {
		if s&sides[kind] != 0 {
			all = append(all, kind)
		}
	}
	return strings.Join(all, ", ")
}

// keyword is one row of the table of all keywords.
type keyword struct {
	name        string // one to three words
	in          side   // anywhere: no matter where
	verdict     Verdict
	text        string      // what it becomes, why it changes nothing, or what is missing
	safe        string      // refused: what leaving it out means
	ofFrontends bool        // a backend may have it too, where it changes nothing
	args        int         // of an option behind an address: how many words belong to it
	flag        string      // a key that it turns on, and "no" off
	read        func(*line) // nil: nothing is to be done
	no          func(*line) // the same with "no" before it; nil: impossible
}

// refusal is the message about a keyword that cannot be had.
func (k *keyword) refusal() string { return k.text + ". " + k.safe }

// list is the keywords of one place, by their names.
type list struct {
	all   []keyword
	rows  map[string]*keyword
	names []string // in their order
}

func newList(all []keyword) *list {
	l := &list{all: all, rows: make(map[string]*keyword, len(all))}
	for i := range all {
		l.rows[all[i].name] = &all[i]
		l.names = append(l.names, all[i].name)
	}
	slices.Sort(l.names)
	return l
}

// lists are the keywords of all places.
type lists struct {
	sections, global, proxies, binds, servers *list
}

func newLists() *lists {
	return &lists{newList(sectionTable()), newList(globalTable()), newList(proxyTable()), newList(bindTable()), newList(serverTable())}
}

// prefixes begin the names of many keywords, which have one row with * behind the prefix.
var prefixes = []string{"ssl-", "51degrees-", "deviceatlas-", "wurfl-", "req", "rsp", "lua-", "h1-", "clitcpka-", "srvtcpka-"}

// find looks for the keyword that the first words are, the longest one first, and returns what stands behind it.
func (t *list) find(words []string) (k *keyword, name string, rest []string) {
	for n := min(3, len(words)); n > 0; n-- {
		name = strings.Join(words[:n], " ")
		if k = t.rows[name]; k != nil && !strings.HasSuffix(name, "*") {
			return k, name, words[n:]
		}
	}
	for dot := strings.LastIndexByte(words[0], '.'); dot > 0; dot = strings.LastIndexByte(words[0][:dot], '.') {
		if k = t.rows[words[0][:dot]+".*"]; k != nil {
			return k, words[0], words[1:]
		}
	}
	for _, prefix := range prefixes {
		if k = t.rows[prefix+"*"]; k != nil && strings.HasPrefix(words[0], prefix) {
			return k, words[0], words[1:]
		}
	}
	return nil, words[0], words[1:]
}

// rows makes a row for each of the names, which have all else in common.
func rows(in side, verdict Verdict, text, safe string, names ...string) []keyword {
	var all []keyword
	for _, name := range names {
		all = append(all, keyword{name: name, in: in, verdict: verdict, text: text, safe: safe})
	}
	return all
}

// taken is a row of what is read.
func taken(in side, name, text string, read func(*line)) keyword {
	return keyword{name: name, in: in, text: text, read: read}
}

// onOff is one of what is on or off.
func onOff(in side, name, key string) keyword {
	return keyword{name: name, in: in, text: "`" + key + "`", flag: key}
}

func join(all ...[]keyword) []keyword { return slices.Concat(all...) }
