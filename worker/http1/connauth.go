package http1

import "lbmaster/worker/http1/lex"

// connectionSchemes are the authentication schemes that identify a connection instead of a request: a server that has accepted
// one takes whatever else comes on that connection for the same user's (RFC 4559 section 6; [MS-N2HT] for Nego2, [MS-WSMV] for
// Kerberos and CredSSP, [MS-TSGU] for SSPI_NTLM).
var connectionSchemes = [...]string{"ntlm", "negotiate", "nego2", "kerberos", "credssp", "sspi_ntlm"}

// takeCredentials reads an Authorization or Proxy-Authorization field: a scheme, and what belongs to it (RFC 9110 section 11.4).
func (h *Head) takeCredentials(value []byte) {
	if scheme, _ := nextToken(value); connectionScheme(scheme) {
		h.Flags |= ConnAuth
	}
}

// takeChallenges reads a WWW-Authenticate or Proxy-Authenticate field: a list of challenges, whose parameters are a list with
// the same commas (RFC 9110 section 11.6.1).
//
// Clients disagree about where a challenge begins in such a field when it is malformed, so that any token counts that is the
// name of a scheme, in a quoted string too: to share a connection that has an owner is worse than to give one to a client
// that needs none.
func (h *Head) takeChallenges(value []byte) {
	for len(value) > 0 {
		var token []byte
		if token, value = nextToken(value); connectionScheme(token) {
			h.Flags |= ConnAuth
			return
		}
	}
}

// nextToken is the first token in b, and what follows it.
func nextToken(b []byte) (token, rest []byte) {
	from := 0
	for from < len(b) && !lex.Is(b[from], lex.Token) {
		from++
	}
	to := from
	for to < len(b) && lex.Is(b[to], lex.Token) {
		to++
	}
	return b[from:to], b[to:]
}

// connectionScheme says whether a token is one of these schemes. Their names are case-insensitive (RFC 9110 section 11.1).
func connectionScheme(token []byte) bool {
	for _, name := range connectionSchemes {
		if lex.FoldEqual(token, name) {
			return true
		}
	}
	return false
}
