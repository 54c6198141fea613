//go:build linux

package rig

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Load describes one run of wrk.
type Load struct {
	URL         string
	Connections int
	Threads     int // 0: 1
	Duration    time.Duration
	Headers     []string // "Name: value"
	Prefix      []string // put before the command, for instance taskset -c 1
}

// LoadResult is what wrk reported.
type LoadResult struct {
	Requests int
	Rate     float64 // requests per second
	Bytes    float64 // that were read, heads included; wrk tells about three digits
	BadCode  int     // answers that were neither 2xx nor 3xx
	// Errors of sockets.
	Connect, Read, Write, Timeout int
}

// Failed is the number of requests that got no good answer.
func (r LoadResult) Failed() int { return r.BadCode + r.Connect + r.Read + r.Write + r.Timeout }

// Command returns the command line of the run, for the given wrk.
func (l Load) Command(wrk string) []string {
	args := append([]string{}, l.Prefix...)
	args = append(args, wrk, "-t", strconv.Itoa(max(1, l.Threads)), "-c", strconv.Itoa(l.Connections),
		"-d", fmt.Sprintf("%ds", int(l.Duration.Round(time.Second).Seconds())), "--timeout", "30s")
	for _, h := range l.Headers {
		args = append(args, "-H", h)
	}
	return append(args, l.URL)
}

// Run runs wrk to its end.
func (l Load) Run(wrk string) (LoadResult, error) {
	argv := l.Command(wrk)
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return LoadResult{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	return parseLoad(string(out))
}

func parseLoad(out string) (LoadResult, error) {
	var r LoadResult
	number := func(pattern string, into ...*int) bool {
		m := regexp.MustCompile(pattern).FindStringSubmatch(out)
		for i, p := range into {
			if m != nil {
				*p, _ = strconv.Atoi(m[i+1])
			}
		}
		return m != nil
	}
	if !number(`(\d+) requests in `, &r.Requests) {
		return r, fmt.Errorf("wrk: no result in its output:\n%s", out)
	}
	if m := regexp.MustCompile(`, ([\d.]+)([KMGT]?)B read`).FindStringSubmatch(out); m != nil {
		r.Bytes, _ = strconv.ParseFloat(m[1], 64)
		r.Bytes *= float64(int64(1) << (10 * (1 + strings.Index("KMGT", m[2])) * len(m[2])))
	}
	number(`Non-2xx or 3xx responses: (\d+)`, &r.BadCode)
	number(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`,
		&r.Connect, &r.Read, &r.Write, &r.Timeout)
	if m := regexp.MustCompile(`Requests/sec:\s+([\d.]+)`).FindStringSubmatch(out); m != nil {
		r.Rate, _ = strconv.ParseFloat(m[1], 64)
	}
	return r, nil
}
