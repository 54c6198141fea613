// Package admin is the language of the admin socket: it reads commands, and writes what they ask for. It is pure.
//
// The language is that of HAProxy's socket, version 2.6, as far as its commands mean something here, so that what people
// use with that works with ours. Its errors are worded in the same way.
package admin

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"lbmaster/worker/monitor/tally"
)

// Verb is what a command asks for.
type Verb uint8

const (
	ShowStat Verb = iota
	ShowInfo
	ShowState
	ShowSess
	ShowVersion
	ShowWorkers
	ShowGenerations
	ShowErrors
	GetWeight
	SetState
	SetHealth
	SetWeight
	SetAddress
	ClearCounters
	Help
	Prompt
	Quit
)

// Command is one command.
type Command struct {
	Verb    Verb
	Backend string      // that it is about; of ShowState "": all
	Server  string      // likewise
	Filter  Filter      // of ShowStat
	Format  Format      // of ShowStat and ShowInfo
	State   tally.Admin // of SetState
	Health  tally.Op    // of SetHealth
	Weight  int         // of SetWeight
	Percent bool        // Weight is in percent of the configured one
	IP      netip.Addr  // of SetAddress
	Port    int         // of SetAddress; 0: as it is
	All     bool        // of ClearCounters: not only the maxima
	Topic   []string    // of Help: the first words of commands
	Proxy   string      // of ShowErrors: its name, or its number; "": all
	Side    Side        // of ShowErrors
}

// MaxLine is how long a line of commands can be.
const MaxLine = 16 << 10

// Split cuts a line into its commands, and those into words. Between commands stands ; and between words blanks. A
// backslash takes the meaning from what follows it.
func Split(line string) [][]string {
	var commands [][]string
	var words []string
	var word []byte
	open := false // a word has begun
	end := func() {
		if open {
			words = append(words, string(word))
		}
		word, open = word[:0], false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ';':
			end()
			commands = append(commands, words)
			words = nil
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			end()
		case c == '\\' && i+1 < len(line):
			i++
			word, open = append(word, line[i]), true
		default:
			word, open = append(word, c), true
		}
	}
	end()
	return append(commands, words)
}

// Refusal is an answer that says what is wrong with a command.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// verb is how a command is written.
type verb struct {
	words string // that it begins with
	usage string // what follows them
	what  string // it does
	read  func(args []string) (Command, error)
}

// verbs is the one list of all commands, in the order of help.
var verbs = []verb{
	{"clear counters", "[all]", "forget the maxima of show stat, or all that it has counted", readClear},
	{"disable server", "<backend>/<server>", "maintenance: no request goes to it", readDisable},
	{"enable server", "<backend>/<server>", "end of maintenance and drain", readEnable},
	{"get weight", "<backend>/<server>", "its weight, and the configured one", readGetWeight},
	{"help", "[<command>]", "this list, or what begins with those words", readHelp},
	{"prompt", "", "take more than one line", plain(Prompt)},
	{"quit", "", "end the connection", plain(Quit)},
	{"set server", "<backend>/<server> addr <ip> [port <port>]", "reach it elsewhere", readSet},
	{"set server", "<backend>/<server> health up|stopping|down", "as if checks had said so, until they say otherwise", readSet},
	{"set server", "<backend>/<server> state ready|drain|maint", "its administrative state", readSet},
	{"set server", "<backend>/<server> weight <n>|<n>%", "its share of new clients", readSet},
	{"set weight", "<backend>/<server> <n>|<n>%", "likewise", readSetWeight},
	{"show errors", "[<proxy>|<id>] [request|response]", "the last bad request and response of each proxy", readShowErrors},
	{"show generations", "", "configurations in service", plain(ShowGenerations)},
	{"show info", "[typed|json]", "the instance as a whole", readShowInfo},
	{"show servers state", "[<backend>]", "states and checks", readShowState},
	{"show sess", "", "how many sessions there are", plain(ShowSess)},
	{"show stat", "[<proxy>|<id> <types> <server id>] [up|no-maint|typed|json]*", "all numbers, else as CSV", readShowStat},
	{"show version", "", "of the running program", plain(ShowVersion)},
	{"show workers", "", "the worker processes", plain(ShowWorkers)},
}

// Parse reads one command, which has at least one word. An error is a Refusal.
func Parse(words []string) (Command, error) {
	for i := range verbs {
		v := &verbs[i]
		if n := strings.Count(v.words, " ") + 1; len(words) >= n && strings.Join(words[:n], " ") == v.words {
			return v.read(words[n:])
		}
	}
	return Command{}, unknown(words)
}

// unknown lists what could have been meant.
func unknown(words []string) Refusal {
	const none, some = "Unknown command. Please enter one of the following commands only:\n",
		"Unknown command, but maybe one of the following ones is a better match:\n"
	if len(words) > 0 {
		if list := usages(words[:1]); list != "" {
			return Refusal(some + list + usages([]string{"help"}) + usages([]string{"prompt"}) + usages([]string{"quit"}))
		}
	}
	return Refusal(none + usages(nil))
}

// usages lists the commands that begin with these words.
func usages(topic []string) string {
	var b strings.Builder
	for i := range verbs {
		v := &verbs[i]
		words := strings.Fields(v.words)
		if n := len(topic); n > len(words) || !slices.Equal(words[:n], topic) {
			continue
		}
		line := strings.TrimSpace(v.words + " " + v.usage)
		b.WriteString("  " + line + strings.Repeat(" ", max(1, 72-len(line))) + ": " + v.what + "\n")
	}
	return b.String()
}

// HelpText answers Help.
func HelpText(topic []string) string {
	list := usages(topic)
	if list == "" {
		return "No matching command.\n"
	}
	return "The following commands are valid:\n" + list
}

func plain(v Verb) func([]string) (Command, error) {
	return func([]string) (Command, error) { return Command{Verb: v}, nil }
}

func readHelp(args []string) (Command, error) { return Command{Verb: Help, Topic: args}, nil }

func readClear(args []string) (Command, error) {
	return Command{Verb: ClearCounters, All: len(args) > 0 && args[0] == "all"}, nil
}

// readServer reads the server that a command is about.
func readServer(args []string, verb Verb) (Command, error) {
	if len(args) > 0 {
		if back, server, ok := strings.Cut(args[0], "/"); ok && back != "" && server != "" {
			return Command{Verb: verb, Backend: back, Server: server}, nil
		}
	}
	return Command{}, Refusal("Require 'backend/server'.\n")
}

func readDisable(args []string) (Command, error) {
	c, err := readServer(args, SetState)
	c.State = tally.Maint
	return c, err
}

func readEnable(args []string) (Command, error) { return readServer(args, SetState) }

func readGetWeight(args []string) (Command, error) { return readServer(args, GetWeight) }

func readSetWeight(args []string) (Command, error) {
	c, err := readServer(args, SetWeight)
	if err != nil {
		return c, err
	}
	return readWeight(c, args[1:])
}

func readSet(args []string) (Command, error) {
	c, err := readServer(args, SetState)
	if err != nil {
		return c, err
	}
	if len(args) > 1 {
		switch args[1] {
		case "state":
			return readState(c, args[2:])
		case "weight":
			return readWeight(c, args[2:])
		case "addr":
			return readAddress(c, args[2:])
		case "health":
			return readHealth(c, args[2:])
		}
	}
	return c, Refusal("usage: set server <backend>/<server> addr | health | state | weight\n")
}

func readState(c Command, args []string) (Command, error) {
	for _, s := range []tally.Admin{tally.Ready, tally.Drain, tally.Maint} {
		if len(args) > 0 && args[0] == s.String() {
			c.Verb, c.State = SetState, s
			return c, nil
		}
	}
	return c, Refusal("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n")
}

func readHealth(c Command, args []string) (Command, error) {
	for _, o := range []tally.Op{tally.Up, tally.Stopping, tally.Down} {
		if len(args) > 0 && args[0] == o.String() {
			c.Verb, c.Health = SetHealth, o
			return c, nil
		}
	}
	return c, Refusal("'set server <srv> health' expects 'up', 'stopping', or 'down'.\n")
}

// maxWeight is the largest weight, as in the configuration.
const maxWeight = 256

func readWeight(c Command, args []string) (Command, error) {
	if len(args) == 0 || args[0] == "" {
		return c, Refusal("Require <weight> or <weight%>.\n")
	}
	digits, percent := strings.CutSuffix(args[0], "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return c, Refusal("Empty weight string empty or preceded by garbage")
	case !percent && (n < 0 || n > maxWeight):
		return c, Refusal("Absolute weight can only be between 0 and 256 inclusive.\n")
	case n < 0 || n > 100*maxWeight:
		return c, Refusal("Relative weight must be positive.\n")
	}
	c.Verb, c.Weight, c.Percent = SetWeight, n, percent
	return c, nil
}

func readAddress(c Command, args []string) (Command, error) {
	if len(args) == 0 || len(args) > 1 && args[1] != "port" {
		return c, Refusal("set server <b>/<s> addr requires an address and optionally a port.\n")
	}
	ip, err := netip.ParseAddr(args[0])
	if err != nil || ip.Zone() != "" {
		return c, Refusal("Invalid addr '" + args[0] + "' by 'stats socket command'\n")
	}
	c.Verb, c.IP = SetAddress, ip.Unmap()
	if len(args) == 1 {
		return c, nil
	}
	text := strings.Join(args[2:], " ")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return c, Refusal("problem converting port '" + text + "' to an int by 'stats socket command'\n")
	}
	c.Port = int(port)
	return c, nil
}

func readShowState(args []string) (Command, error) {
	c := Command{Verb: ShowState}
	if len(args) > 0 {
		c.Backend = args[0]
	}
	return c, nil
}
