package lex

// Method is the identity of a request method that is known here. Methods are case-sensitive (RFC 9110 section 9.1).
type Method uint8

const (
	MethodOther Method = iota
	GET
	HEAD
	POST
	PUT
	DELETE
	CONNECT
	OPTIONS
	TRACE
	PATCH
)

// Idempotent says that executing the request twice has the effect of executing it once (RFC 9110 section 9.2.2).
func (m Method) Idempotent() bool {
	switch m {
	case GET, HEAD, PUT, DELETE, OPTIONS, TRACE:
		return true
	}
	return false
}

// IdentifyMethod is the identity of a method.
func IdentifyMethod(b []byte) Method {
	switch string(b) { // compiled to comparisons, without a conversion
	case "GET":
		return GET
	case "HEAD":
		return HEAD
	case "POST":
		return POST
	case "PUT":
		return PUT
	case "DELETE":
		return DELETE
	case "CONNECT":
		return CONNECT
	case "OPTIONS":
		return OPTIONS
	case "TRACE":
		return TRACE
	case "PATCH":
		return PATCH
	}
	return MethodOther
}
