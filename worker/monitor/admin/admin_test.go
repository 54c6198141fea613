package admin

import (
	"encoding/csv"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	"lbmaster/worker/monitor/tally"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

func TestSplit(t *testing.T) {
	for in, want := range map[string][][]string{
		"":                           {nil},
		"show stat\n":                {{"show", "stat"}},
		" show  info ;show\tstat ;;": {{"show", "info"}, {"show", "stat"}, nil, nil},
		`a\ b \;c d\\`:               {{"a b", ";c", `d\`}},
		`x\`:                         {{`x\`}},
		"prompt\r\n":                 {{"prompt"}},
		`\ `:                         {{" "}},
	} {
		if got := Split(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	ip := netip.MustParseAddr("10.0.0.1")
	for in, want := range map[string]any{
		"show stat":                                    Command{Verb: ShowStat},
		"show stat web 4 -1":                           Command{Verb: ShowStat, Filter: Filter{On: true, Proxy: "web", Types: 4, ServerID: -1}},
		"show stat 2 7 1 up":                           Command{Verb: ShowStat, Filter: Filter{On: true, Proxy: "2", Types: 7, ServerID: 1, Up: true}},
		"show stat no-maint":                           Command{Verb: ShowStat, Filter: Filter{NoMaint: true}},
		"show stat whatever":                           Command{Verb: ShowStat},
		"show stat json":                               Command{Verb: ShowStat, Format: JSON},
		"show stat json typed":                         Command{Verb: ShowStat, Format: Typed},
		"show stat up typed":                           Command{Verb: ShowStat, Format: Typed, Filter: Filter{Up: true}},
		"show stat web 4 1 no-maint json":              Command{Verb: ShowStat, Format: JSON, Filter: Filter{On: true, Proxy: "web", Types: 4, ServerID: 1, NoMaint: true}},
		"show stat json up no-maint":                   Command{Verb: ShowStat, Filter: Filter{On: true, Proxy: "json"}},
		"show stat web 4 x":                            Command{Verb: ShowStat, Filter: Filter{On: true, Proxy: "web", Types: 4}},
		"show info":                                    Command{Verb: ShowInfo},
		"show info typed":                              Command{Verb: ShowInfo, Format: Typed},
		"show info desc json":                          Command{Verb: ShowInfo, Format: JSON},
		"show servers state":                           Command{Verb: ShowState},
		"show servers state web":                       Command{Verb: ShowState, Backend: "web"},
		"show sess":                                    Command{Verb: ShowSess},
		"show workers":                                 Command{Verb: ShowWorkers},
		"show generations":                             Command{Verb: ShowGenerations},
		"show version":                                 Command{Verb: ShowVersion},
		"show errors":                                  Command{Verb: ShowErrors},
		"show errors -1":                               Command{Verb: ShowErrors},
		"show errors request":                          Command{Verb: ShowErrors, Side: Requests},
		"show errors web response":                     Command{Verb: ShowErrors, Proxy: "web", Side: Responses},
		"show errors 3 whatever":                       Command{Verb: ShowErrors, Proxy: "3"},
		"help":                                         Command{Verb: Help, Topic: []string{}},
		"help show":                                    Command{Verb: Help, Topic: []string{"show"}},
		"prompt":                                       Command{Verb: Prompt},
		"quit":                                         Command{Verb: Quit},
		"clear counters":                               Command{Verb: ClearCounters},
		"clear counters all":                           Command{Verb: ClearCounters, All: true},
		"disable server web/a":                         Command{Verb: SetState, Backend: "web", Server: "a", State: tally.Maint},
		"enable server web/a":                          Command{Verb: SetState, Backend: "web", Server: "a", State: tally.Ready},
		"enable server web":                            "Require 'backend/server'.\n",
		"enable server web/":                           "Require 'backend/server'.\n",
		"set server":                                   "Require 'backend/server'.\n",
		"set server web/a":                             "usage: set server <backend>/<server> addr | health | state | weight\n",
		"set server web/a color":                       "usage: set server <backend>/<server> addr | health | state | weight\n",
		"set server web/a state ready":                 Command{Verb: SetState, Backend: "web", Server: "a", State: tally.Ready},
		"set server web/a state drain":                 Command{Verb: SetState, Backend: "web", Server: "a", State: tally.Drain},
		"set server web/a state maint":                 Command{Verb: SetState, Backend: "web", Server: "a", State: tally.Maint},
		"set server web/a state":                       "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n",
		"set server web/a state up":                    "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n",
		"set server web/a health up":                   Command{Verb: SetHealth, Backend: "web", Server: "a", Health: tally.Up},
		"set server web/a health stopping":             Command{Verb: SetHealth, Backend: "web", Server: "a", Health: tally.Stopping},
		"set server web/a health down":                 Command{Verb: SetHealth, Backend: "web", Server: "a", Health: tally.Down},
		"set server web/a health":                      "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n",
		"set server web/a health UP":                   "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n",
		"set server web/a weight 5":                    Command{Verb: SetWeight, Backend: "web", Server: "a", Weight: 5},
		"set server web/a weight 50%":                  Command{Verb: SetWeight, Backend: "web", Server: "a", Weight: 50, Percent: true},
		"set weight web/a 256":                         Command{Verb: SetWeight, Backend: "web", Server: "a", Weight: 256},
		"set server web/a weight":                      "Require <weight> or <weight%>.\n",
		"set server web/a weight x":                    "Empty weight string empty or preceded by garbage",
		"set server web/a weight 257":                  "Absolute weight can only be between 0 and 256 inclusive.\n",
		"set server web/a weight -1":                   "Absolute weight can only be between 0 and 256 inclusive.\n",
		"set server web/a weight -5%":                  "Relative weight must be positive.\n",
		"set server web/a addr 10.0.0.1":               Command{Verb: SetAddress, Backend: "web", Server: "a", IP: ip},
		"set server web/a addr ::ffff:10.0.0.1 port 8": Command{Verb: SetAddress, Backend: "web", Server: "a", IP: ip, Port: 8},
		"set server web/a addr":                        "set server <b>/<s> addr requires an address and optionally a port.\n",
		"set server web/a addr 10.0.0.1 x":             "set server <b>/<s> addr requires an address and optionally a port.\n",
		"set server web/a addr x":                      "Invalid addr 'x' by 'stats socket command'\n",
		"set server web/a addr fe80::1%eth0":           "Invalid addr 'fe80::1%eth0' by 'stats socket command'\n",
		"set server web/a addr 10.0.0.1 port":          "problem converting port '' to an int by 'stats socket command'\n",
		"set server web/a addr 10.0.0.1 port 70000":    "problem converting port '70000' to an int by 'stats socket command'\n",
		"get weight web/a":                             Command{Verb: GetWeight, Backend: "web", Server: "a"},
	} {
		got, err := Parse(Split(in)[0])
		if text, refused := want.(string); refused {
			if err == nil || err.Error() != text {
				t.Errorf("%s: %+v, %v; want %q", in, got, err, text)
			}
		} else if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestUnknownCommands(t *testing.T) {
	for in, want := range map[string][]string{
		"":          {"Unknown command. Please enter one of the following commands only:\n", "  show stat ", "  clear counters "},
		"foo":       {"Unknown command. Please enter one of the following commands only:\n"},
		"show foo":  {"Unknown command, but maybe one of the following ones is a better match:\n", "  show stat ", "  help ", "  quit "},
		"SHOW STAT": {"Unknown command. Please"},
		"show":      {"Unknown command, but maybe"},
	} {
		_, err := Parse(Split(in)[0])
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, want %q", in, err, w)
			}
		}
	}
	if text := HelpText([]string{"set", "weight"}); strings.Count(text, "\n") != 2 || !strings.Contains(text, "  set weight ") {
		t.Errorf("help set weight: %q", text)
	}
	if text := HelpText([]string{"nothing"}); text != "No matching command.\n" {
		t.Errorf("help nothing: %q", text)
	}
}

// FuzzParse: no line makes it panic, and every command that is understood is about something.
func FuzzParse(f *testing.F) {
	for i := range verbs {
		f.Add(verbs[i].words + " web/a 10")
	}
	f.Add(`set server a/b addr ::1 port 80;prompt; \;\\`)
	f.Add("set server a/b weight 99999999999999999999%")
	f.Fuzz(func(t *testing.T, line string) {
		for _, words := range Split(line) {
			c, err := Parse(words)
			if err != nil {
				if err.Error() == "" {
					t.Fatalf("%q: an error without a text", words)
				}
				continue
			}
			switch c.Verb {
			case GetWeight, SetState, SetHealth, SetWeight, SetAddress:
				if c.Backend == "" || c.Server == "" || c.Weight < 0 || c.Weight > 100*maxWeight || c.Port < 0 || c.Port > 65535 ||
					(c.Verb == SetAddress) != c.IP.IsValid() {
					t.Fatalf("%q became %+v", words, c)
				}
			case ShowStat:
				c.Filter.takes(&tally.Row{Kind: tally.Server})
			}
		}
	})
}

// golden compares what was written with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s, %v:\n%s\nwant:\n%s", name, err, got, want)
	}
}

func TestAnswers(t *testing.T) {
	in := sample()
	for name, write := range map[string]func(*strings.Builder) error{
		"info.txt":        func(b *strings.Builder) error { return WriteInfo(b, in, Plain) },
		"state.txt":       func(b *strings.Builder) error { return WriteState(b, in, "") },
		"sess.txt":        func(b *strings.Builder) error { return WriteSess(b, in) },
		"workers.txt":     func(b *strings.Builder) error { return WriteWorkers(b, in) },
		"generations.txt": func(b *strings.Builder) error { return WriteGenerations(b, in) },
		"stat.csv":        func(b *strings.Builder) error { return WriteStat(b, in, &Filter{}, Plain) },
		"info.typed":      func(b *strings.Builder) error { return WriteInfo(b, in, Typed) },
		"info.json":       func(b *strings.Builder) error { return WriteInfo(b, in, JSON) },
		"stat.typed":      func(b *strings.Builder) error { return WriteStat(b, in, &Filter{}, Typed) },
		"stat.json":       func(b *strings.Builder) error { return WriteStat(b, in, &Filter{}, JSON) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		golden(t, name, b.String())
	}
	var b strings.Builder
	if err := WriteState(&b, in, "nowhere"); err == nil || err.Error() != "Can't find backend.\n" {
		t.Errorf("state of nowhere: %v", err)
	}
	if err := WriteState(&b, in, "mail"); err != nil || strings.Count(b.String(), "\n") != 3 {
		t.Errorf("state of mail: %v, %q", err, b.String())
	}
}

func TestFilters(t *testing.T) {
	in := sample()
	for _, tt := range []struct {
		f    Filter
		want string
	}{
		{Filter{}, "web/FRONTEND web/a web/b web/c web/BACKEND mail/m mail/BACKEND"},
		{Filter{On: true, Proxy: "web", Types: -1, ServerID: -1}, "web/FRONTEND web/a web/b web/c web/BACKEND"},
		{Filter{On: true, Proxy: "2", Types: 4, ServerID: -1}, "web/a web/b web/c"},
		{Filter{On: true, Proxy: "2", Types: 4, ServerID: 2}, "web/b"},
		{Filter{On: true, Proxy: "-1", Types: 1, ServerID: -1}, "web/FRONTEND"},
		{Filter{On: true, Proxy: "-1", Types: 3, ServerID: -1}, "web/FRONTEND web/BACKEND mail/BACKEND"},
		{Filter{Up: true}, "web/FRONTEND web/a web/BACKEND mail/m mail/BACKEND"},
		{Filter{NoMaint: true}, "web/FRONTEND web/a web/b web/BACKEND mail/m mail/BACKEND"},
		{Filter{On: true, Proxy: "no", Types: -1, ServerID: -1}, "No such proxy.\n"},
	} {
		var b strings.Builder
		var got []string
		if err := WriteStat(&b, in, &tt.f, Plain); err != nil {
			got = []string{err.Error()}
		}
		for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
			if cells := strings.Split(line, ","); i > 0 {
				got = append(got, cells[0]+"/"+cells[1])
			}
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%+v: %s, want %s", tt.f, text, tt.want)
		}
	}
}

// TestCells: every row has as many as the header, whatever texts are in it.
func TestCells(t *testing.T) {
	if len(columns) != 103 {
		t.Errorf("%d columns, HAProxy 2.6 has 103", len(columns))
	}
	if got := quoted(`a,"b"`); got != `"a,""b"""` {
		t.Errorf("quoted: %s", got)
	}
	var b strings.Builder
	if err := WriteStat(&b, sample(), &Filter{}, Plain); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil || len(rows) != 8 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		if n := len(row); n != 104 || row[103] != "" { // each cell is followed by a comma, the last one too
			t.Errorf("%d cells: %q", n, row)
		}
	}
}

// BenchmarkStat writes the rows of 1,000 servers.
func BenchmarkStat(b *testing.B) {
	in := sample()
	for i := range 1000 {
		in.Rows = append(in.Rows, tally.Row{Kind: tally.Server, Proxy: "big", Server: fmt.Sprint("server", i), Health: &tally.Health{}})
	}
	for name, to := range map[string]Format{"csv": Plain, "typed": Typed, "json": JSON} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var out strings.Builder
				if err := WriteStat(&out, in, &Filter{}, to); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(out.Len()))
			}
		})
	}
}
