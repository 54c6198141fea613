package proxy

import (
	"cmp"

	"lbmaster/conf"
	"lbmaster/worker/exchange"
	"lbmaster/worker/upstream"
)

// newForward is what a frontend and its backend say together of how servers are told who the client is, nil when neither wants that. The
// field's name is the backend's if that asks for the field. A client that either excepts is not told of. What clients send is replaced when
// either wants that, and only stays alone when both do.
func newForward(f *conf.Frontend, b *upstream.Backend) *exchange.Forward {
	var sides []conf.Forward
	if f.ForwardFor {
		sides = append(sides, f.Forward)
	}
	if b != nil && b.ForwardFor {
		sides = append(sides, b.Forward)
	}
	if sides == nil {
		return nil
	}
	last := sides[len(sides)-1]
	w := &exchange.Forward{Name: []byte(cmp.Or(last.Header, "X-Forwarded-For"))}
	policy := last.Policy
	for _, side := range sides {
		w.Except = append(w.Except, side.Except...)
		if policy == conf.ForwardedKeep || side.Policy == conf.ForwardedReplace {
			policy = side.Policy
		}
	}
	w.Replaces, w.Keeps = policy == conf.ForwardedReplace, policy == conf.ForwardedKeep
	return w
}
