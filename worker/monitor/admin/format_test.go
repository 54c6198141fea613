package admin

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"lbmaster/worker/monitor/tally"
)

// TestTags: whatever can be told has a tag whose letters mean something, and a form.
func TestTags(t *testing.T) {
	wrong := func(tag tag, form form) bool {
		return len(tag) != 3 || origins[tag[0]] == "" || natures[tag[1]] == "" || scopes[tag[2]] == "" || form == nothing
	}
	for _, r := range sample().Rows {
		for i, v := range cellsOf(nil, &r) {
			if c := columns[i]; v.form != nothing && (wrong(c.tag.of(r.Kind), c.form) || (v.form == str) != (c.form == str)) {
				t.Errorf("%s of %s: tag %q, form %s, the value is %s", c.name, service(&r), c.tag.of(r.Kind), c.form, v.form)
			}
		}
	}
	last := -1
	for _, it := range items {
		v := it.cell(&sample().Process)
		if wrong(it.tag, it.form) || (v.form == str) != (it.form == str) || it.pos <= last {
			t.Errorf("%s: number %d, tag %q, form %s, the value is %s", it.name, it.pos, it.tag, it.form, v.form)
		}
		last = it.pos
	}
	if got := tag("SGP,MGP").of(tally.Server) + tag("SGP,MGP").of(tally.Backend) + tag("SGP").of(tally.Backend); got != "SGPMGPSGP" {
		t.Errorf("tags of a server, a backend and a backend: %s", got)
	}
}

// TestForms: a value that is too large for what clients expect says so, instead of being cut.
func TestForms(t *testing.T) {
	for _, tt := range []struct {
		v    value
		form form
		want string
	}{
		{count(math.MaxUint32), u32, "u32:4294967295"},
		{count(math.MaxUint32 + 1), u32, "u64:4294967296"},
		{count(math.MaxUint64), u64, "u64:18446744073709551615"},
		{number(7), u32, "u32:7"},
		{number(-1), u32, "s64:-1"},
		{number(-1), s32, "s32:-1"},
		{number(math.MinInt64), s32, "s64:-9223372036854775808"},
		{number(math.MaxInt32 + 1), s32, "u64:2147483648"},
		{text("a:b"), str, "str:a:b"},
	} {
		got := string(appendTyped(nil, "S.2.1.", []told{{5, "x", "MGP", tt.form, tt.v}}))
		if want := "S.2.1.5.x.1:MGP:" + tt.want + "\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := appendTyped(nil, "", []told{{0, "x", "", nothing, value{}}}); len(got) > 0 {
		t.Errorf("nothing is told as %q", got)
	}
}

// pieces counts how often it is written to.
type pieces struct {
	strings.Builder
	n int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.n++
	return p.Builder.Write(b)
}

// TestJSON: it is JSON whatever is in texts, and also when there is nothing.
func TestJSON(t *testing.T) {
	in := sample()
	in.Rows[1].Server, in.Process.Node = "a\"\\\n\xff", "\x00<"
	var b strings.Builder
	var rows [][]struct {
		Field struct{ Name string }
		Value struct{ Value any }
	}
	if err := WriteStat(&b, in, &Filter{}, JSON); err != nil || json.Unmarshal([]byte(b.String()), &rows) != nil || len(rows) != len(in.Rows) {
		t.Fatalf("%v: %s", err, b.String())
	}
	if got := rows[1][1]; got.Field.Name != "svname" || got.Value.Value != "a\"\\\n\ufffd" {
		t.Errorf("the name became %+v", got)
	}
	b.Reset()
	if err := WriteInfo(&b, in, JSON); err != nil || !json.Valid([]byte(b.String())) {
		t.Errorf("%v: %s", err, b.String())
	}
	in = sample()
	for range 200 {
		in.Rows = append(in.Rows, in.Rows[1])
	}
	pieces := &pieces{}
	if err := WriteStat(pieces, in, &Filter{}, JSON); err != nil || !json.Valid([]byte(pieces.String())) || pieces.n < 10 {
		t.Errorf("%v; %d bytes in %d pieces", err, pieces.Len(), pieces.n)
	}
	for to, want := range map[Format]string{JSON: "[]\n", Typed: ""} {
		b.Reset()
		if err := WriteStat(&b, in, &Filter{On: true, Proxy: "web", Types: 4, ServerID: 99}, to); err != nil || b.String() != want {
			t.Errorf("no row is %q, %v; want %q", b.String(), err, want)
		}
	}
}
