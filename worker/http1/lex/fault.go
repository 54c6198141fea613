package lex

// Fault is what is wrong with a message. 0: nothing.
type Fault uint8

const (
	_ Fault = iota
	FaultLineEnd
	FaultRequestLine
	FaultMethod
	FaultTarget
	FaultVersion
	FaultStatusLine
	FaultFieldName
	FaultSpaceBeforeColon
	FaultFolding
	FaultFieldValue
	FaultTooManyFields
	FaultTooManyOptions
	FaultTooLarge
	FaultNoHost
	FaultHost
	FaultTwoHosts
	FaultHostMismatch
	FaultLength
	FaultTwoLengths
	FaultCoding
	FaultTwoCodings
	FaultLengthAndCoding
	FaultCodingVersion
	FaultUnwantedBody
	FaultChunkSize
	FaultChunkExtension
	FaultChunkEnd
	FaultChunkWaste
	FaultTrailer
)

var faultText = [...]string{
	0:                     "no fault",
	FaultLineEnd:          "a line does not end with CR LF",
	FaultRequestLine:      "the request line is not METHOD TARGET VERSION with single spaces",
	FaultMethod:           "the method is not a token",
	FaultTarget:           "the request target is malformed or unfit for the method",
	FaultVersion:          "the version is not HTTP/1.x",
	FaultStatusLine:       "the status line is malformed",
	FaultFieldName:        "a field name is missing, too long or not a token",
	FaultSpaceBeforeColon: "there is white space between a field name and the colon",
	FaultFolding:          "a field line begins with white space",
	FaultFieldValue:       "a field value has a control character",
	FaultTooManyFields:    "there are too many fields",
	FaultTooManyOptions:   "Connection names too many fields",
	FaultTooLarge:         "the head is too large",
	FaultNoHost:           "Host is missing",
	FaultHost:             "Host is malformed",
	FaultTwoHosts:         "there are two Host fields",
	FaultHostMismatch:     "Host differs from the host of the request target",
	FaultLength:           "Content-Length is malformed or too large",
	FaultTwoLengths:       "there are two Content-Length fields",
	FaultCoding:           "Transfer-Encoding is not chunked",
	FaultTwoCodings:       "there are two Transfer-Encoding fields",
	FaultLengthAndCoding:  "there are both Content-Length and Transfer-Encoding",
	FaultCodingVersion:    "there is a Transfer-Encoding in an HTTP/1.0 message",
	FaultUnwantedBody:     "the method allows no body",
	FaultChunkSize:        "a chunk size is malformed or too large",
	FaultChunkExtension:   "a chunk extension is malformed or too large",
	FaultChunkEnd:         "the data of a chunk does not end with CR LF",
	FaultChunkWaste:       "the chunks are mostly overhead",
	FaultTrailer:          "the trailer section is malformed, too large, or has a field that is not allowed there",
}

func (f Fault) String() string { return faultText[f] }
