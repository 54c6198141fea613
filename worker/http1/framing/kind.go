// Package framing checks the bodies of HTTP/1 messages as they pass, and finds their ends.
package framing

// Kind is how the end of a body is found (RFC 9112 section 6.3).
type Kind uint8

const (
	None       Kind = iota // no body
	Length                 // Head.Length bytes
	Chunked                // chunks up to the one of size 0, and trailers
	UntilClose             // whatever comes until the connection ends
)
