package classic

import "lbmaster/conf/classic/value"

// duration is one with a time, in milliseconds unless it has a unit.
func duration(key string) func(*line) {
	return func(l *line) {
		if d, ok := l.time(); ok {
			l.set(key, d)
		}
	}
}

// time reads the one argument of a line, as the tables have a time.
func (l *line) time() (string, bool) {
	v, ok := l.one("5s")
	if !ok {
		return "", false
	}
	d, err := value.Time(v)
	if err != nil {
		l.fail("%v", err)
		return "", false
	}
	return d, true
}

// timeout is one of the timeout keywords, new or old.
func timeout(key string) func(*line) {
	return func(l *line) {
		d, ok := l.time()
		if !ok {
			return
		}
		all, _ := l.section.Values["timeout"].(table)
		if all == nil {
			all = table{}
			l.set("timeout", all)
		}
		all[key] = d
		l.places[l.section.Path+".timeout."+key] = l.at
	}
}
