package typed

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"lbmaster/conf/raw"
)

// Str reads a string.
func (t *Table) Str(name, otherwise string) string {
	s, _ := Get(t, name, "a string", otherwise)
	return s
}

// Boolean reads true or false; false when it is not said.
func (t *Table) Boolean(name string) bool {
	b, _ := Get(t, name, "true or false", false)
	return b
}

// Number reads an integer between low and high.
func (t *Table) Number(name string, otherwise, low, high int) int {
	n, in := Get(t, name, "an integer", int64(otherwise))
	if n != int64(otherwise) && (n < int64(low) || n > int64(high)) {
		in.Wrong(name, "%d is out of range: %d to %d", n, low, high)
		return otherwise
	}
	return int(n)
}

// One reads one of a list of words.
func (t *Table) One(name, otherwise string, words ...string) string {
	s, in := Get(t, name, "a string", otherwise)
	if !slices.Contains(words, s) && s != otherwise {
		in.Wrong(name, "%q is not known: write one of %s", s, quoted(words))
		return otherwise
	}
	return s
}

func quoted(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = `"` + w + `"`
	}
	return strings.Join(all, ", ")
}

// Strings reads a list of strings; a single one is a list of one. ok is false when the key is not there.
func (t *Table) Strings(name string) (all []string, in *Table, ok bool) {
	v, in, ok := t.Find(name)
	if !ok {
		return nil, in, false
	}
	switch v := v.(type) {
	case string:
		if v != "" {
			all = []string{v}
		}
	case []any:
		for _, item := range v {
			s, isString := item.(string)
			if !isString {
				in.Wrong(name, "%s where a string is expected", raw.KindOf(item))
				continue
			}
			all = append(all, s)
		}
	default:
		in.Wrong(name, "%s where a list of strings is expected", raw.KindOf(v))
	}
	return all, in, true
}

// Networks reads a list of networks, and of addresses that each stand for themselves.
func (t *Table) Networks(name string) []netip.Prefix {
	texts, in, _ := t.Strings(name)
	var all []netip.Prefix
	for _, s := range texts {
		prefix, err := netip.ParsePrefix(s)
		if ip, ipErr := netip.ParseAddr(s); err != nil && ipErr == nil {
			prefix, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			in.Wrong(name, "%q is not a network: write \"192.168.1.252/31\"", s)
			continue
		}
		all = append(all, prefix.Masked())
	}
	return all
}

// FileMode reads the permissions of a file, in octal digits.
func (t *Table) FileMode(name string) uint32 {
	s, in := Get(t, name, "a string", "")
	if s == "" {
		return 0
	}
	mode, err := strconv.ParseUint(s, 8, 32)
	if err != nil || mode > 0o777 || mode == 0 {
		in.Wrong(name, "%q is no mode of a file: write one such as \"0660\"", s)
	}
	return uint32(mode)
}
