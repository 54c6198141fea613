package accesslog

// Cause says why a stream ended before its time: the first letter of the termination state in the logs.
type Cause byte

const (
	Normally   Cause = '-'
	ByClient   Cause = 'C' // it closed or reset its connection
	ClientTime Cause = 'c' // it was too slow
	ByServer   Cause = 'S' // it refused or closed its connection
	ServerTime Cause = 's' // it was too slow
	ServerDown Cause = 'D' // it was marked down, and its sessions are not to outlive that
	ByProxy    Cause = 'P' // the peer broke the protocol
	NoResource Cause = 'R' // a descriptor or a local port was missing
)

// Progress says how far the stream had come then: the second letter.
type Progress byte

const (
	AtEnd      Progress = '-'
	InRequest  Progress = 'R' // its head was not complete
	InConnect  Progress = 'C' // no server had been reached
	InHeaders  Progress = 'H' // the response had not begun
	InData     Progress = 'D' // the response was on its way
	InLastData Progress = 'L' // the server had given all of it
)

// FromCookie says what became of the client's persistence cookie: the third letter.
type FromCookie byte

const (
	CookieIgnored FromCookie = '-' // the backend has no persistence of the proxy's
	CookieNone    FromCookie = 'N'
	CookieUnknown FromCookie = 'I' // no server has this value
	CookieDown    FromCookie = 'D' // its server is down
	CookieValid   FromCookie = 'V'
)

// ToCookie says what happened to the persistence cookie in the response: the fourth letter.
type ToCookie byte

const (
	SetIgnored  ToCookie = '-'
	SetNone     ToCookie = 'N' // the server set none, and the proxy neither
	SetPassed   ToCookie = 'P' // the server's passed unchanged
	SetInserted ToCookie = 'I'
	SetReplaced ToCookie = 'R' // its value was rewritten or prefixed
	SetDeleted  ToCookie = 'D'
)
