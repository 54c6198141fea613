//go:build linux

package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// policyFile keeps invoke-rc.d from starting the services of a package that is being installed.
const policyFile = "/usr/sbin/policy-rc.d"

// Installer finds programs and installs those that are missing, with apt-get, when it may. One installer serves
// all goroutines of a process; the zero value is ready.
type Installer struct {
	mu    sync.Mutex
	tried map[string]error // outcome of each package, guarded by mu
}

// debianPackage names the package that brings a program, where the names differ.
var debianPackage = map[string]string{
	"gcc":        "gcc libc6-dev",
	"psql":       "postgresql-client",
	"mariadb":    "mariadb-client-core",
	"mariadbd":   "mariadb-server-core",
	"nsenter":    "util-linux",
	"pgrep":      "procps",
	"setpriv":    "util-linux",
	"h2load":     "nghttp2-client",
	"ssh":        "openssh-client",
	"ssh-keygen": "openssh-client",
	"sshd":       "openssh-server",
	"systemctl":  "systemd",
	"taskset":    "util-linux",
	"unshare":    "util-linux",
}

// Need returns the path of a program. The error says why it cannot be had.
func (i *Installer) Need(program string) (string, error) {
	if path, err := lookPath(program); err == nil {
		return path, nil
	}
	packages := debianPackage[program]
	if packages == "" {
		packages = program
	}
	if err := i.Install(packages); err != nil {
		return "", fmt.Errorf("%s is missing and cannot be installed: %w", program, err)
	}
	return lookPath(program)
}

// lookPath also looks where Debian keeps daemons, which is not in everybody's PATH.
func lookPath(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.Abs(path)
	}
	return exec.LookPath("/usr/sbin/" + program)
}

// Install installs packages, named with blanks between them. The outcome is remembered.
func (i *Installer) Install(packages string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err, ok := i.tried[packages]; ok {
		return err
	}
	if i.tried == nil {
		i.tried = make(map[string]error)
	}
	err := aptGet(strings.Fields(packages))
	i.tried[packages] = err
	return err
}

func aptGet(packages []string) error {
	if os.Geteuid() != 0 {
		return errors.New("not root")
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("no apt-get")
	}
	restore, err := denyServices()
	if err != nil {
		return err
	}
	defer restore()
	if err := apt("update"); err != nil {
		return err
	}
	return apt(append([]string{"install", "-y", "--no-install-recommends"}, packages...)...)
}

func apt(args ...string) error {
	options := []string{"-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"}
	cmd := exec.Command("apt-get", append(options, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// denyServices forbids packages to start their services: a test starts its own nginx. A policy that is there
// already stays.
func denyServices() (restore func(), err error) {
	f, err := os.OpenFile(policyFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if errors.Is(err, os.ErrExist) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString("#!/bin/sh\nexit 101\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return func() { _ = os.Remove(policyFile) }, nil
}
