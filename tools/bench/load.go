//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"

	"lbmaster/tools/bench/peer"
	"lbmaster/tools/rig"
)

// load is what clients ask for.
type load struct {
	clients int
	answer  answer   // the zero value is small
	headers []string // "Name: value"
}

// manyHeaders is what a browser behind some gateways sends: with wrk's Host, 20 fields, and a cookie that says where the
// session is.
func manyHeaders() []string {
	headers := []string{
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Accept-Language: en-US,en;q=0.5", "Accept-Encoding: gzip, deflate, br", "DNT: 1", "Upgrade-Insecure-Requests: 1",
		"Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1",
		"Referer: http://www.example.com/some/where/index.html", "Cache-Control: max-age=0",
		"Cookie: theme=dark; " + peer.Application + "=s1~0123456789abcdef0123456789abcdef; lang=en",
	}
	for i := len(headers) + 1; i < 20; i++ {
		headers = append(headers, fmt.Sprintf("X-Gateway-%d: %s", i, strings.Repeat("v", 24)))
	}
	return headers
}

// run puts the load on addr for a while.
func (b *bench) run(l load, addr string, d time.Duration) (rig.LoadResult, error) {
	w := rig.Load{URL: "http://" + addr + l.path(), Connections: l.clients, Duration: d, Headers: l.headers, Prefix: b.load}
	r, err := w.Run(b.wrk)
	if err == nil && (r.Failed() > 0 || r.Bytes == 0) {
		err = fmt.Errorf("failed requests: %+v", r)
	}
	return r, err
}

func (l load) path() string {
	if l.answer.path == "" {
		return small.path
	}
	return l.answer.path
}
