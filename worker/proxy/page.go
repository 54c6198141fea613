package proxy

import (
	"fmt"
	"strings"

	"lbmaster/conf"
	"lbmaster/worker/http1"
)

// page names an answer of the proxy's own.
type page uint8

const (
	page400 page = iota
	page403
	page408
	page414
	page431
	page500
	page501
	page502
	page503
	page504
	page505
	pageCount
)

// pageText says what each answer means to the person who sees it.
var pageText = [pageCount]struct {
	status int
	reason string // RFC 9110 section 15
	text   string
}{
	page400: {400, "Bad Request", "The request is not correct HTTP."},
	page403: {403, "Forbidden", "The request is not allowed."},
	page408: {408, "Request Timeout", "The request took too long to arrive."},
	page414: {414, "URI Too Long", "The request target is too long."},
	page431: {431, "Request Header Fields Too Large", "The request header fields are too large or too many."},
	page500: {500, "Internal Server Error", "The proxy cannot go on with this request."},
	page501: {501, "Not Implemented", "The request uses a transfer coding that is not implemented."},
	page502: {502, "Bad Gateway", "The server gave no valid response."},
	page503: {503, "Service Unavailable", "No server can take this request now."},
	page504: {504, "Gateway Timeout", "The server took too long to respond."},
	page505: {505, "HTTP Version Not Supported", "The HTTP version of the request is not supported."},
}

// pages holds every answer as it is sent; and, in second place, without the body that HEAD does not want. "": what is
// behind it holds.
type pages [pageCount][2]string

// ours are the answers for which no file is configured.
var ours = renderPages()

func renderPages() (all pages) {
	for i, p := range pageText {
		name := fmt.Sprintf("%d %s", p.status, p.reason)
		body := "<html><head><title>" + name + "</title></head><body><h1>" + name + "</h1><p>" + p.text + "</p></body></html>\n"
		head := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nCache-Control: no-cache\r\n"+
			"Connection: close\r\n\r\n", name, len(body))
		all[i] = [2]string{head + body, head}
	}
	return all
}

// newPages are the answers that files of the configuration give; nil when there are none.
func newPages(files map[int]conf.Errorfile) *pages {
	if len(files) == 0 {
		return nil
	}
	all := new(pages)
	for i, p := range pageText {
		if text := string(files[p.status].Page); text != "" {
			head, _, _ := strings.Cut(text, "\r\n\r\n")
			all[i] = [2]string{text, head + "\r\n\r\n"}
		}
	}
	return all
}

// answerText is what a client of the stream gets as answer p: the backend's, else the frontend's, else ours.
func (s *session) answerText(p page) string {
	headless := 0
	if s.stream.request.MethodID == http1.HEAD {
		headless = 1
	}
	if b := s.stream.back; b != nil && b.pages != nil && b.pages[p][headless] != "" {
		return b.pages[p][headless]
	}
	if f := s.front; f.pages != nil && f.pages[p][headless] != "" {
		return f.pages[p][headless]
	}
	return ours[p][headless]
}

// pageOf is the answer with that status.
func pageOf(status int) page {
	for i, p := range pageText {
		if p.status == status {
			return page(i)
		}
	}
	return page400
}
