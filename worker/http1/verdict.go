package http1

// Verdict is what a parser says about a head.
type Verdict uint8

const (
	More                Verdict = iota // the head is not complete; correct so far
	Done                               // complete and correct
	BadRequest                         // not correct HTTP, or open to more than one reading; of a response: bad gateway
	URITooLong                         // the request line does not fit
	FieldsTooLarge                     // the fields do not fit, or are too many
	NotImplemented                     // a transfer coding besides chunked
	VersionNotSupported                // not HTTP/1.x
)

// Status is the status code that tells the client, 0 for More and Done.
func (v Verdict) Status() int {
	return [...]int{0, 0, 400, 414, 431, 501, 505}[v]
}
