//go:build linux

// Command need makes sure that programs are there, and installs those that are missing with apt-get when it runs as
// root. It names what cannot be had, and why; then its exit status is 1.
package main

import (
	"fmt"
	"os"

	"lbmaster/tools/rig"
)

func main() {
	var installer rig.Installer
	status := 0
	for _, program := range os.Args[1:] {
		if _, err := installer.Need(program); err != nil {
			fmt.Fprintln(os.Stderr, "need:", err)
			status = 1
		}
	}
	os.Exit(status)
}
