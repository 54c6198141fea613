package classic

// environ is the environment as the lines before have changed it.
type environ struct {
	outside func(string) (string, bool)
	changed map[string]*string // nil: unset
}

func (e *environ) get(name string) (string, bool) {
	if value, ok := e.changed[name]; ok {
		if value == nil {
			return "", false
		}
		return *value, true
	}
	return e.outside(name)
}

// setenv gives a variable its value for the lines below. The process keeps its own environment.
func setenv(l *line) {
	if len(l.args) != 2 {
		l.fail("it needs a name and a value: write \"%s NAME VALUE\"", l.at.Key)
		return
	}
	l.environ.changed[l.args[0]] = &l.args[1]
}

func presetenv(l *line) {
	if len(l.args) == 2 {
		if _, ok := l.environ.get(l.args[0]); ok {
			return
		}
	}
	setenv(l)
}

func unsetenv(l *line) {
	for _, name := range l.args {
		l.environ.changed[name] = nil
	}
}
