//go:build linux

package tests

import (
	"maps"
	"strings"
)

// checkCounters proves that the counters say what clients and servers have seen, over all generations.
func (x *betweenBuilds) checkCounters() {
	x.t.Helper()
	upgraded := int64(crowdTalkers + 2) // and the longLived
	answered := x.crowd.posting.Load() + x.crowd.coming.Load() + x.crowd.uploading.Load() + x.asked
	want := map[string]int64{
		"web/FRONTEND stot":     x.dialed.Load(),
		"web/FRONTEND req_tot":  answered + upgraded + x.refused,
		"web/FRONTEND hrsp_2xx": answered,
		"web/FRONTEND hrsp_1xx": upgraded,
		"web/FRONTEND hrsp_4xx": x.refused,
		"web/FRONTEND hrsp_5xx": 0,
		"web/FRONTEND ereq":     x.refused,
		"web/FRONTEND scur":     0,
		"web/BACKEND stot":      answered + upgraded,
		"web/BACKEND hrsp_2xx":  answered,
		"web/BACKEND wretr":     0,
		"web/BACKEND eresp":     0,
		"web/webE stot":         0,
		"narrow/FRONTEND scur":  0,
		"relay/FRONTEND stot":   2,
		"relay/FRONTEND scur":   0,
	}
	for _, o := range x.origins {
		want["web/"+o.name+" stot"] = o.Stats().Requests
	}
	want["narrow/FRONTEND hrsp_2xx"] = x.waiting.coming.Load() + narrowIdle*int64(1+2*(x.number-1))
	want["narrow/FRONTEND stot"] = x.waiting.coming.Load() + narrowIdle + 2
	got := make(map[string]int64)
	all := func() bool { // a worker counts after it has answered
		rows := x.site.stats(x.t)
		for name := range want {
			row, column, _ := strings.Cut(name, " ")
			got[name] = rows[row].number(column)
		}
		return maps.Equal(got, want)
	}
	if !soon(all) {
		for name := range want {
			if got[name] != want[name] {
				x.errorf("%s is %d, want %d", name, got[name], want[name])
			}
		}
	}
	values, _ := samples(x.t, scrape(x.t, x.site.metrics()))
	for name, want := range map[string]float64{
		"lbmaster_upgrades_total":                                       float64(x.number - 1),
		"lbmaster_upgrade_failures_total":                               0,
		`haproxy_frontend_http_requests_total{proxy="web"}`:             float64(answered + upgraded + x.refused),
		`haproxy_frontend_http_responses_total{proxy="web",code="2xx"}`: float64(answered),
		`haproxy_frontend_sessions_total{proxy="narrow"}`:               float64(want["narrow/FRONTEND stot"]),
	} {
		if got, there := values[name]; !there || got != want {
			x.errorf("%s is %v, want %v", name, got, want)
		}
	}
}
