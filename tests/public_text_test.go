//go:build linux

package tests

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// finding is one line of what lbmaster says about a file: the line, and the keyword.
var finding = regexp.MustCompile(`(?m)^lbmaster: haproxy\.cfg:(\d+): ([^:]+): `)

// withoutRefused is a file without what lbmaster refuses of it, as somebody makes it who does what the messages say.
func withoutRefused(t *testing.T, text string) string {
	t.Helper()
	d := newBarracks(t, newPlace(t))
	said := ""
	for range 3 { // what is left of a line, or of a section, may be refused for another reason
		d.write("haproxy.cfg", text)
		var status int
		if status, said = d.command(d.exe, "-t", "-f", "haproxy.cfg"); status == 0 {
			return text
		}
		lines := strings.Split(text, "\n")
		for _, f := range finding.FindAllStringSubmatch(said, -1) {
			n, err := strconv.Atoi(f[1])
			if err != nil || n < 1 || n > len(lines) {
				t.Fatalf("there is no such line: %s", f[0])
			}
			leaveOut(lines, n-1, f[2])
		}
		text = strings.Join(lines, "\n")
	}
	t.Fatalf("it does not get valid:\n%s\n%s", said, text)
	return ""
}

// withValue are the words behind an address that have another one behind them.
var withValue = []string{"slowstart", "maxconn", "maxqueue", "fastinter", "downinter", "on-marked-down", "on-marked-up", "observe", "on-error", "interface", "alpn", "crt", "verify"}

// leaveOut takes a keyword out of a line: a word behind an address, else the whole line, and with a header the section.
func leaveOut(lines []string, n int, keyword string) {
	words := strings.Fields(lines[n])
	if len(words) == 0 {
		return // several findings are about one line
	}
	switch words[0] {
	case "listen", "frontend", "backend":
		lines[n] = ""
		for n++; n < len(lines) && strings.Trim(lines[n][:min(1, len(lines[n]))], " \t") == ""; n++ {
			lines[n] = ""
		}
	case "server", "default-server", "bind":
		option := keyword[strings.LastIndexByte(keyword, ' ')+1:]
		at := slices.Index(words, option)
		if at < 0 {
			return
		}
		end := at + 1
		if slices.Contains(withValue, option) {
			end++
		}
		lines[n] = "    " + strings.Join(slices.Delete(words, at, end), " ")
	default:
		lines[n] = ""
	}
}

var (
	publicBind   = regexp.MustCompile(`(?m)^(\s*(?:bind|listen\s+\S+)\s+)[*\d.]+:(\d+)`)
	publicServer = regexp.MustCompile(`(?m)^(\s*server\s+\S+\s+)([\d.]+):(\d+)(.*)$`)
	publicPort   = regexp.MustCompile(`\bport (\d+)`)
	publicSource = regexp.MustCompile(`\bsource (?:\d+\.){3}(\d+)`)
	publicPace   = regexp.MustCompile(`\b(inter|fastinter|downinter|slowstart) \d+\w*`)
	publicLog    = regexp.MustCompile(`(?m)^(\s*log\s+)(?:/dev/log|[\d.]+)(\s)`)
)

// withAddresses is a file with the addresses of a place: the first bind is <AT> and others are on <HOST>, the first machine of servers is
// host 11, the second one host 12, and so on. Checks come often, and may take their time.
func withAddresses(p place, text string) string {
	binds := 0
	text = replace(publicBind, text, func(m []string) string {
		if binds++; binds == 1 {
			return m[1] + "<AT>"
		}
		return m[1] + "<HOST>:" + high(m[2])
	})
	var machines []string
	paced := strings.Contains(text, "default-server inter")
	text = replace(publicServer, text, func(m []string) string {
		if !slices.Contains(machines, m[2]) {
			machines = append(machines, m[2])
		}
		if !paced && !strings.Contains(m[4], " inter ") {
			m[4] = strings.Replace(m[4], " check", " check inter 2s", 1)
		}
		return m[1] + p.host(11+slices.Index(machines, m[2])) + ":" + high(m[3]) + m[4]
	})
	text = replace(publicPort, text, func(m []string) string { return "port " + high(m[1]) })
	text = replace(publicSource, text, func(m []string) string { return "source 127." + fmt.Sprint(p.a, ".", p.b, ".") + m[1] })
	text = publicPace.ReplaceAllString(text, "$1 50ms")
	text = publicLog.ReplaceAllString(text, "$1<LOG>$2")
	if !strings.Contains(text, "timeout check") {
		text = strings.Replace(text, "\ndefaults\n", "\ndefaults\n    timeout check 10s\n", 1)
	}
	if strings.Contains(text, "/run/haproxy/admin.sock") {
		return strings.Replace(text, "/run/haproxy/admin.sock", "<SOCK>", 1)
	}
	return "    stats socket <SOCK> mode 600 level admin\n" + text
}

// replace replaces what matches by what a function makes of its groups.
func replace(r *regexp.Regexp, text string, with func(groups []string) string) string {
	return r.ReplaceAllStringFunc(text, func(match string) string { return with(r.FindStringSubmatch(match)) })
}

// high is a port that everybody may bind.
func high(port string) string {
	if n, err := strconv.Atoi(port); err == nil && n < 1024 {
		return strconv.Itoa(10_000 + n)
	}
	return port
}
