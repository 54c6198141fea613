//go:build linux

// Package rig starts, watches and measures the processes that tests and benchmarks need: our own binaries, and
// the programs of the distribution that play server, client or rival.
//
// It reads /proc and therefore runs on Linux only. Nothing in it sleeps: every wait is a poll with a deadline.
package rig
