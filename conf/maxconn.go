package conf

// MaxconnOf is how many client connections a frontend may have: all that the instance may, unless it says otherwise.
func (c *Config) MaxconnOf(frontend int) int {
	if own := c.Frontends[frontend].Maxconn; own > 0 {
		return own
	}
	return c.Global.Maxconn
}

// unreachableMaxconn warns of limits of frontends that the one of the instance hides; of that in [defaults] once.
func (p *parser) unreachableMaxconn(c *Config) {
	warned := make(map[string]bool)
	for i := range c.Frontends {
		f := &c.Frontends[i]
		key := f.Section + ".maxconn"
		if !p.Origin.Has(key) {
			key = "defaults.maxconn"
		}
		if f.Maxconn > c.Global.Maxconn && !warned[key] {
			warned[key] = true
			p.Warn(p.At(key), "%d can never be reached: %s, which holds for all frontends together, is %d", f.Maxconn, p.Words.GlobalMaxconn, c.Global.Maxconn)
		}
	}
}
