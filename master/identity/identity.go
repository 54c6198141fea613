// Package identity finds out what user, groups and root directory the children get.
package identity

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/privileges"
)

// Of finds out what the children become. It looks everything up, because they could not any more where they are
// going to be locked up.
func Of(g *conf.Global) (privileges.Identity, error) {
	var id privileges.Identity
	err := errors.Join(identifyUser(g, &id), identifyGroup(g, &id), identifyRoot(g, &id))
	return id, err
}

// Permitted is what of an identity this process can give its children: all of it only as root.
func Permitted(id privileges.Identity) (privileges.Identity, error) {
	if unix.Geteuid() == 0 {
		return id, nil
	}
	if id.User == unix.Geteuid() && (id.Group == 0 || id.Group == unix.Getegid()) && id.Chroot == "" {
		return privileges.Identity{}, nil // it is that user already
	}
	var err error
	for key, set := range map[string]bool{"user": id.User != 0, "group": id.Group != 0, "chroot": id.Chroot != ""} {
		if set {
			err = errors.Join(err, fmt.Errorf("global.%s: only root can do that: start lbmaster as root, or remove the key", key))
		}
	}
	return id, err
}

// identifyUser looks a user up, by name or number, with the groups that are the user's.
func identifyUser(g *conf.Global, id *privileges.Identity) error {
	if g.User == "" {
		return nil
	}
	u, err := lookUpUser("global.user", g.User)
	if err != nil {
		return err
	}
	if id.User, err = strconv.Atoi(u.Uid); err != nil {
		return fmt.Errorf("global.user: user %q has the id %q", g.User, u.Uid)
	}
	if id.Group, err = strconv.Atoi(u.Gid); err != nil {
		return fmt.Errorf("global.user: user %q has the group %q", g.User, u.Gid)
	}
	all, err := u.GroupIds()
	if err != nil {
		return fmt.Errorf("global.user: cannot look up the groups of %q: %w", g.User, err)
	}
	for _, text := range all {
		if n, err := strconv.Atoi(text); err == nil {
			id.Groups = append(id.Groups, n)
		}
	}
	return nil
}

// identifyGroup looks a group up, by name or number. It stands instead of all groups of the user.
func identifyGroup(g *conf.Global, id *privileges.Identity) error {
	if g.Group == "" {
		return nil
	}
	var err error
	if id.Group, err = groupOf("global.group", g.Group); err != nil {
		return err
	}
	id.Groups = []int{id.Group}
	return nil
}

// OfSocket is whose the admin socket is, in numbers; -1: those of this process.
func OfSocket(a *conf.Admin) (userID, groupID int, err error) {
	userID, groupID = -1, -1
	if a.User != "" {
		u, failed := lookUpUser("admin.user", a.User)
		if err = failed; err == nil {
			userID, err = strconv.Atoi(u.Uid)
		}
	}
	if a.Group != "" {
		n, failed := groupOf("admin.group", a.Group)
		groupID, err = n, errors.Join(err, failed)
	}
	return userID, groupID, err
}

// lookUpUser finds a user by name or number.
func lookUpUser(key, name string) (*user.User, error) {
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return nil, fmt.Errorf("%s: there is no user %q: create it (useradd --system %s), or remove the key", key, name, name)
		}
	}
	return u, nil
}

// groupOf is the number of a group, by name or number.
func groupOf(key, name string) (int, error) {
	found, err := user.LookupGroup(name)
	if err != nil {
		if found, err = user.LookupGroupId(name); err != nil {
			return 0, fmt.Errorf("%s: there is no group %q: create it (groupadd --system %s), or remove the key", key, name, name)
		}
	}
	n, err := strconv.Atoi(found.Gid)
	if err != nil {
		return 0, fmt.Errorf("%s: group %q has the id %q", key, name, found.Gid)
	}
	return n, nil
}

// identifyRoot looks at the directory in which the children are locked up.
func identifyRoot(g *conf.Global, id *privileges.Identity) error {
	id.Chroot = g.Chroot
	if g.Chroot == "" {
		return nil
	}
	info, err := os.Stat(g.Chroot)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("global.chroot: there is no directory %s: create it (mkdir -p), empty, where only root may write", g.Chroot)
	case err != nil:
		return fmt.Errorf("global.chroot: %w", err)
	case !info.IsDir():
		return fmt.Errorf("global.chroot: %s is no directory", g.Chroot)
	}
	return nil
}

// BindsLowPorts says that connections to some server, or their checks, come from a port that not everybody may have.
func BindsLowPorts(c *conf.Config) bool {
	low := func(s *conf.Source) bool { return s != nil && s.Port > 0 && s.Port < 1024 }
	return slices.ContainsFunc(c.Backends, func(b conf.Backend) bool {
		return low(b.Source) || slices.ContainsFunc(b.Servers, func(s conf.Server) bool { return low(s.Source) })
	})
}
