// Package keyword says of every keyword of HAProxy what becomes of it: that it is read, the default here, ignored or refused, and why.
// docs/haproxy-keywords.md is made from it. It is pure.
package keyword

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
type Side uint8

const (
	Front Side = 1 << iota
	Back
	Defaults
)

const Anywhere = 0

// Sides are what a section of each kind is.
var Sides = map[string]Side{"global": 0xff, "defaults": Defaults, "listen": Front | Back, "frontend": Front, "backend": Back}

func (s Side) String() string {
	var all []string
	for _, kind := range []string{"defaults", "listen", "frontend", "backend"} {
		if s&Sides[kind] != 0 {
			all = append(all, kind)
		}
	}
	return strings.Join(all, ", ")
}

// Row is one row of the table of all keywords.
type Row struct {
	Name        string // one to three words
	In          Side   // anywhere: no matter where
	Verdict     Verdict
	Text        string // what it becomes, why it changes nothing, or what is missing
	Safe        string // refused: what leaving it out means
	OfFrontends bool   // a backend may have it too, where it changes nothing
	Args        int    // of an option behind an address: how many words belong to it
	Flag        string // a key that it turns on, and "no" off
	Quiet       bool   // there is nothing to be done, and with "no" before it neither
}

// Refusal is the message about a keyword that cannot be had.
func (k *Row) Refusal() string { return k.Text + ". " + k.Safe }

// List is the keywords of one place, by their names.
type List struct {
	all   []Row
	Rows  map[string]*Row
	Names []string // in their order
}

// Sections are the words that begin a section, alone.
func Sections() *List { return newList(sectionTable()) }

func newList(all []Row) *List {
	l := &List{all: all, Rows: make(map[string]*Row, len(all))}
	for i := range all {
		l.Rows[all[i].Name] = &all[i]
		l.Names = append(l.Names, all[i].Name)
	}
	slices.Sort(l.Names)
	return l
}

// Lists are the keywords of all places.
type Lists struct {
	Sections, Global, Proxies, Binds, Servers *List
}

// New makes all of them.
func New() *Lists {
	return &Lists{newList(sectionTable()), newList(globalTable()), newList(proxyTable()), newList(bindTable()), newList(serverTable())}
}

// prefixes begin the names of many keywords, which have one row with * behind the prefix.
var prefixes = []string{"ssl-", "51degrees-", "deviceatlas-", "wurfl-", "req", "rsp", "lua-", "h1-", "clitcpka-", "srvtcpka-"}

// Find looks for the keyword that the first words are, the longest one first, and returns what stands behind it.
func (t *List) Find(words []string) (k *Row, name string, rest []string) {
	for n := min(3, len(words)); n > 0; n-- {
		name = strings.Join(words[:n], " ")
		if k = t.Rows[name]; k != nil && !strings.HasSuffix(name, "*") {
			return k, name, words[n:]
		}
	}
	for dot := strings.LastIndexByte(words[0], '.'); dot > 0; dot = strings.LastIndexByte(words[0][:dot], '.') {
		if k = t.Rows[words[0][:dot]+".*"]; k != nil {
			return k, words[0], words[1:]
		}
	}
	for _, prefix := range prefixes {
		if k = t.Rows[prefix+"*"]; k != nil && strings.HasPrefix(words[0], prefix) {
			return k, words[0], words[1:]
		}
	}
	return nil, words[0], words[1:]
}

// rows makes a row for each of the names, which have all else in common.
func rows(in Side, verdict Verdict, text, safe string, names ...string) []Row {
	var all []Row
	for _, name := range names {
		all = append(all, Row{Name: name, In: in, Verdict: verdict, Text: text, Safe: safe})
	}
	return all
}

// taken is a row of what is read.
func taken(in Side, name, text string) Row { return Row{Name: name, In: in, Text: text} }

// onOff is one of what is on or off.
func onOff(in Side, name, key string) Row {
	return Row{Name: name, In: in, Text: "`" + key + "`", Flag: key}
}

func join(all ...[]Row) []Row { return slices.Concat(all...) }

// Section is the keywords of a kind of section; Other those of the other kinds.
func (l *Lists) Section(kind string) *List {
	if kind == "global" {
		return l.Global
	}
	return l.Proxies
}

// Other is the keywords that a kind of section does not have.
func (l *Lists) Other(kind string) *List {
	if kind == "global" {
		return l.Proxies
	}
	return l.Global
}
