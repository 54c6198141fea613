package master

import (
	"errors"
	"net"

	"lbmaster/conf"
	"lbmaster/master/identity"
	"lbmaster/shared/privileges"
)

// Check finds out whether what a configuration names is there on this machine, as each start does first: users, groups, directories
// and the addresses of servers, which it fills in. Who checks a configuration need not be who starts it, so what only root may do
// is a warning here.
func Check(c *conf.Config) (warning, err error) {
	id, err := prepare(c)
	if err != nil {
		return nil, err
	}
	_, warning = identity.Permitted(id)
	return warning, nil
}

// prepare looks everything up that a configuration names. All that is not there is reported.
func prepare(c *conf.Config) (privileges.Identity, error) {
	id, err := identity.Of(&c.Global)
	_, denied := accessOf(&c.Admin)
	return id, errors.Join(err, denied, resolve(c, net.DefaultResolver.LookupNetIP))
}
