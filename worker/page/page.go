// Package page holds the answers that the proxy gives by itself: its own, or those of files that the configuration names; pure.
package page

import (
	"fmt"
	"strings"

	"lbmaster/conf"
)

// Page names an answer of the proxy's own.
type Page uint8

const (
	BadRequest Page = iota
	Forbidden
	RequestTimeout
	URITooLong
	FieldsTooLarge
	InternalError
	NotImplemented
	BadGateway
	Unavailable
	GatewayTimeout
	VersionNotSupported
	count
)

// texts says what each answer means to the person who sees it.
var texts = [count]struct {
	status int
	reason string // RFC 9110 section 15
	text   string
}{
	BadRequest:          {400, "Bad Request", "The request is not correct HTTP."},
	Forbidden:           {403, "Forbidden", "The request is not allowed."},
	RequestTimeout:      {408, "Request Timeout", "The request took too long to arrive."},
	URITooLong:          {414, "URI Too Long", "The request target is too long."},
	FieldsTooLarge:      {431, "Request Header Fields Too Large", "The request header fields are too large or too many."},
	InternalError:       {500, "Internal Server Error", "The proxy cannot go on with this request."},
	NotImplemented:      {501, "Not Implemented", "The request uses a transfer coding that is not implemented."},
	BadGateway:          {502, "Bad Gateway", "The server gave no valid response."},
	Unavailable:         {503, "Service Unavailable", "No server can take this request now."},
	GatewayTimeout:      {504, "Gateway Timeout", "The server took too long to respond."},
	VersionNotSupported: {505, "HTTP Version Not Supported", "The HTTP version of the request is not supported."},
}

// Set holds every answer as it is sent; and, in second place, without the body that HEAD does not want. "": what is
// behind it holds.
type Set [count][2]string

// ours are the answers for which no file is configured.
var ours = render()

func render() (all Set) {
	for i, p := range texts {
		name := fmt.Sprintf("%d %s", p.status, p.reason)
		body := "<html><head><title>" + name + "</title></head><body><h1>" + name + "</h1><p>" + p.text + "</p></body></html>\n"
		head := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nCache-Control: no-cache\r\n"+
			"Connection: close\r\n\r\n", name, len(body))
		all[i] = [2]string{head + body, head}
	}
	return all
}

// New is the answers that files of the configuration give; nil when there are none.
func New(files map[int]conf.Errorfile) *Set {
	if len(files) == 0 {
		return nil
	}
	all := new(Set)
	for i, p := range texts {
		if text := string(files[p.status].Page); text != "" {
			head, _, _ := strings.Cut(text, "\r\n\r\n")
			all[i] = [2]string{text, head + "\r\n\r\n"}
		}
	}
	return all
}

// Text is answer p: of the first of these sets that has one, else ours.
func Text(p Page, headless bool, sets ...*Set) string {
	which := 0
	if headless {
		which = 1
	}
	for _, set := range sets {
		if set != nil && set[p][which] != "" {
			return set[p][which]
		}
	}
	return ours[p][which]
}

// Status is the status of the answer.
func (p Page) Status() int { return texts[p].status }

// Of is the answer with that status.
func Of(status int) Page {
	for i, p := range texts {
		if p.status == status {
			return Page(i)
		}
	}
	return BadRequest
}
