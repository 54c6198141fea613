//go:build pins

// Package tools keeps go.mod honest about modules that are chosen for the project but not imported yet:
// tableflip carries the sockets across an upgrade.
package tools

import (
	_ "github.com/cloudflare/tableflip"
)
