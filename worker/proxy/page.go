package proxy

import "fmt"

// page names an answer of the proxy's own.
type page uint8

const (
	page400 page = iota
	page408
	page414
	page431
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
	page408: {408, "Request Timeout", "The request took too long to arrive."},
	page414: {414, "URI Too Long", "The request target is too long."},
	page431: {431, "Request Header Fields Too Large", "The request header fields are too large or too many."},
	page501: {501, "Not Implemented", "The request uses a transfer coding that is not implemented."},
	page502: {502, "Bad Gateway", "The server gave no valid response."},
	page503: {503, "Service Unavailable", "No server can take this request now."},
	page504: {504, "Gateway Timeout", "The server took too long to respond."},
	page505: {505, "HTTP Version Not Supported", "The HTTP version of the request is not supported."},
}

// pages holds every answer as it is sent; and, in second place, without the body that HEAD does not want.
var pages = renderPages()

func renderPages() (all [pageCount][2]string) {
	for i, p := range pageText {
		name := fmt.Sprintf("%d %s", p.status, p.reason)
		body := "<html><head><title>" + name + "</title></head><body><h1>" + name + "</h1><p>" + p.text + "</p></body></html>\n"
		head := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nCache-Control: no-cache\r\n"+
			"Connection: close\r\n\r\n", name, len(body))
		all[i] = [2]string{head + body, head}
	}
	return all
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
