package identity

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lbmaster/conf"
	"lbmaster/shared/privileges"
)

func TestIdentify(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	for _, tt := range []struct {
		name  string
		g     conf.Global
		wants []string // parts of the error; none: no error
	}{
		{"nothing", conf.Global{}, nil},
		{"root is who it is", conf.Global{User: "root"}, nil},
		{"all wrong", conf.Global{User: "no-such-user", Group: "no-such-group", Chroot: none}, []string{
			`global.user: there is no user "no-such-user": create it (useradd --system no-such-user)`,
			`global.group: there is no group "no-such-group": create it (groupadd`,
			"global.chroot: there is no directory " + none + ": create it (mkdir -p)",
		}},
		{"a number that is nobody's", conf.Global{User: "4000000"}, []string{`there is no user "4000000"`}},
		{"a file", conf.Global{Chroot: file}, []string{"global.chroot: " + file + " is no directory"}},
	} {
		id, err := Of(&tt.g)
		if err == nil && len(tt.wants) == 0 && reflect.DeepEqual(withoutGroups(id), privileges.Identity{}) {
			continue
		}
		for _, want := range tt.wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", tt.name, err, want)
			}
		}
		if err == nil || len(tt.wants) == 0 {
			t.Errorf("%s: %+v, %v", tt.name, id, err)
		}
	}
}

// withoutGroups leaves out what does not count for root.
func withoutGroups(id privileges.Identity) privileges.Identity {
	id.Groups = nil
	return id
}

func TestIdentifyByNameAndNumber(t *testing.T) {
	name, err := Of(&conf.Global{User: "nobody"})
	number, err2 := Of(&conf.Global{User: "65534"})
	if unix.Geteuid() != 0 {
		if err == nil || !strings.Contains(err.Error(), "global.user: only root can do that: start lbmaster as root") {
			t.Errorf("not root: %+v, %v", name, err)
		}
		return
	}
	if err != nil || err2 != nil || !reflect.DeepEqual(name, number) || name.User != 65534 || name.Group == 0 || len(name.Groups) == 0 {
		t.Errorf("%+v, %v; %+v, %v", name, err, number, err2)
	}
	if with, err := Of(&conf.Global{User: "nobody", Group: "daemon"}); err != nil || with.Group == name.Group || !reflect.DeepEqual(with.Groups, []int{with.Group}) {
		t.Errorf("with a group: %+v, %v", with, err)
	}
}
