package http1

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lbmaster/worker/http1/lex"
)

func TestConnAuthOfRequests(t *testing.T) {
	for _, tt := range []struct {
		fields string
		want   bool
	}{
		{"Authorization: NTLM TlRMTVNTUAABAAAA", true},
		{"authorization:ntlm x", true},
		{"AUTHORIZATION: \tNeGoTiAtE\tYII=", true},
		{"Authorization: Negotiate", true},
		{"Proxy-Authorization: NTLM x", true},
		{"Proxy-Authorization: Basic YQ==\r\nAuthorization: Negotiate x", true},
		{"Authorization: Basic YQ==\r\nAuthorization: NTLM x", true},
		{"Authorization: Nego2 x", true},
		{"Authorization: Kerberos x", true},
		{"Authorization: CredSSP x", true},
		{"Authorization: SSPI_NTLM x", true},
		{"Authorization: , NTLM x", true},
		{"Authorization: \"NTLM\" x", true},

		{"Authorization:", false},
		{"Authorization: Basic bnRsbQ==", false},
		{"Authorization: Bearer ntlm", false},
		{"Authorization: Digest username=\"ntlm\", realm=\"negotiate\"", false},
		{"Authorization: NTLMv2 x", false},
		{"Authorization: Negotiat x", false},
		{"X-Authorization: NTLM x", false},
		{"Accept: ntlm", false},
		{"Cookie: ntlm", false},
	} {
		h := &Head{}
		text := "GET / HTTP/1.1\r\nHost: a\r\n" + tt.fields + "\r\n\r\n"
		if v := h.ParseRequest([]byte(text)); v != Done || (h.Flags&ConnAuth != 0) != tt.want {
			t.Errorf("%q: verdict %d, of the connection: %v", tt.fields, v, h.Flags&ConnAuth != 0)
		}
		if h.Reset(); h.Flags&ConnAuth != 0 {
			t.Error("the next head inherits it")
		}
	}
}

func TestConnAuthOfResponses(t *testing.T) {
	for _, tt := range []struct {
		fields string
		want   bool
	}{
		{"WWW-Authenticate: NTLM", true},
		{"WWW-Authenticate: Negotiate", true},
		{"www-authenticate: nTLM TlRMTVNTUAACAAAA", true},
		{"WWW-Authenticate: Negotiate, NTLM", true},
		{"WWW-Authenticate: Basic realm=\"a\", NTLM", true},
		{"WWW-Authenticate: Basic realm=\"a, b\",Negotiate", true},
		{"WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", stale=true, Negotiate YII=, Basic realm=c", true},
		{"WWW-Authenticate: ,,\t, NTLM", true},
		{"WWW-Authenticate: Basic realm=\"a\"\r\nWWW-Authenticate: Negotiate", true},
		{"Proxy-Authenticate: NTLM", true},
		{"Proxy-Authenticate: Basic realm=\"a\"\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM", true},
		{"WWW-Authenticate: Kerberos", true},
		{"WWW-Authenticate: CredSSP", true},
		{"WWW-Authenticate: Nego2 x", true},

		// In doubt it is of the connection.
		{"WWW-Authenticate: Basic realm=\"a\" NTLM", true},
		{"WWW-Authenticate: Basic realm=\"a, NTLM", true},
		{"WWW-Authenticate: Basic realm=\"a\\\", NTLM, x=\"", true},
		{"WWW-Authenticate: Basic realm=\"NTLM\"", true},
		{"WWW-Authenticate: =;NTLM;=", true},

		{"WWW-Authenticate:", false},
		{"WWW-Authenticate: Basic realm=\"a\"", false},
		{"WWW-Authenticate: Bearer, Digest realm=\"a\", nonce=\"b\"", false},
		{"WWW-Authenticate: Basic realm=\"NTLMv2\"", false},
		{"WWW-Authenticate: XNTLM, Negotiate2", false},
		{"WWW-Authenticated: NTLM", false},
		{"Server: NTLM", false},
	} {
		for _, status := range []string{"401 Unauthorized", "407 Proxy Authentication Required", "200 OK"} {
			h := &Head{}
			text := "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + tt.fields + "\r\n\r\n"
			if v := h.ParseResponse([]byte(text), lex.GET); v != Done || (h.Flags&ConnAuth != 0) != tt.want {
				t.Errorf("%s, %q: verdict %d, of the connection: %v", status, tt.fields, v, h.Flags&ConnAuth != 0)
			}
		}
	}
}

// FuzzChallenges: whatever else stands in the fields, and however it is split over them, a scheme of the connection is found,
// and nothing else is taken for one.
func FuzzChallenges(f *testing.F) {
	for _, text := range []string{"NTLM", "Basic realm=\"a\"", "Digest a=\"b\\\"\", Negotiate x==", "\"ntlm", "a,,Kerberos;b", "NTLM/x"} {
		f.Add([]byte(text), []byte(""), uint8(0))
		f.Add([]byte(text), []byte(text), uint8(3))
	}
	f.Fuzz(func(t *testing.T, before, after []byte, which uint8) {
		var alone Head
		alone.takeChallenges(before)
		tokens := strings.FieldsFunc(string(before), func(r rune) bool { return r > 0x7f || !lex.Is(byte(r), lex.Token) })
		want := slices.ContainsFunc(tokens, func(s string) bool { return slices.Contains(connectionSchemes[:], strings.ToLower(s)) })
		if got := alone.Flags&ConnAuth != 0; got != want {
			t.Errorf("%q: %v, want %v", before, got, want)
		}
		var among Head
		among.takeChallenges(fmt.Appendf(nil, "%s, %s, %s", before, strings.ToUpper(connectionSchemes[int(which)%len(connectionSchemes)]), after))
		if among.Flags&ConnAuth == 0 {
			t.Errorf("not found between %q and %q", before, after)
		}
		var credentials Head
		credentials.takeCredentials(before)
		if credentials.Flags&ConnAuth != 0 && !want {
			t.Errorf("credentials %q are of the connection, as a challenge not", before)
		}
	})
}
