//go:build linux

package tests

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// newClient returns an ordinary HTTP client with connections of its own. It follows no redirect and keeps no cookie.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: settle}).DialContext,
		MaxIdleConnsPerHost: 1000,
		DisableCompression:  true,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport:     tr,
		Timeout:       fatal,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetch sends a GET and returns the answer, which must have status 200.
func fetch(t *testing.T, c *http.Client, url string, fields ...string) answer {
	t.Helper()
	a, err := tryFetch(c, url, fields...)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != 200 {
		t.Fatalf("GET %s: status %d, body %q", url, a.StatusCode, a.body)
	}
	return a
}

// tryFetch sends a GET with fields of the form "Name: value" and reads the whole answer.
func tryFetch(c *http.Client, url string, fields ...string) (answer, error) {
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return answer{}, err
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		req.Header.Add(name, value)
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp, string(body)}, err
}

// server is the name of the server that gave the answer.
func (a answer) server() string { return a.Header.Get("X-Origin") }

// cookie returns the value of a cookie that the answer sets, and whether it sets it.
func (a answer) cookie(name string) (string, bool) {
	for _, c := range a.Cookies() {
		if c.Name == name {
			return c.Value, true
		}
	}
	return "", false
}

// within fails the test when less or more time than expected has passed. The upper end is generous: a machine that
// runs tests may be slow.
func within(t *testing.T, since time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(since); d < least || d > most {
		t.Errorf("took %v, want %v to %v", d.Round(time.Millisecond), least, most)
	}
}
