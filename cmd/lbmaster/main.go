//go:build linux

// Command lbmaster is a load balancer: a master process that supervises single-threaded workers.
package main

import "os"

func main() { os.Exit(run(system())) }
