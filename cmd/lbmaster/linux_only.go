//go:build !linux

package main

// lbmaster stands on epoll, memfd, pidfd and SO_REUSEPORT as Linux has them. Building it elsewhere ends here.
var _ = lbmaster_runs_on_Linux_only
