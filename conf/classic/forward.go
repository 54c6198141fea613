package classic

import "lbmaster/conf/classic/value"

// forwardfor reads "option forwardfor [except NETWORK] [header NAME] [if-none]". Each such line says all anew.
func forwardfor(l *line) {
	l.set("forwardfor", !l.no)
	if l.no {
		return
	}
	said := table{}
	for args := l.args; len(args) > 0; {
		n := 2
		switch key := map[string]string{"except": "forwardfor_except", "header": "forwardfor_header"}[args[0]]; {
		case args[0] == "if-none":
			said["forwarded"], n = "keep", 1
		case key == "":
			l.fail("%q is not known here: except NETWORK, header NAME and if-none may follow", args[0])
			return
		case len(args) == 1:
			l.fail("%q needs an argument: write \"option forwardfor except 10.0.0.0/8\" or \"option forwardfor header X-Client-IP\"", args[0])
			return
		case key == "forwardfor_except":
			said[key] = []any{value.Network(args[1])}
		default:
			said[key] = args[1]
		}
		args = args[n:]
	}
	for key, usual := range map[string]any{"forwardfor_header": "", "forwardfor_except": []any{}, "forwarded": "add"} {
		if v, ok := said[key]; ok {
			l.set(key, v)
		} else if l.section.has(key) {
			l.set(key, usual)
		}
	}
}

// has says that a key has a value, in the section or behind it.
func (s *section) has(key string) bool {
	for ; s != nil; s = s.behind {
		if _, ok := s.Values[key]; ok {
			return true
		}
	}
	return false
}
