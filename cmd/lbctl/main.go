// Command lbctl shows and changes what a running lbmaster does. It speaks to the admin socket, for people and scripts.
package main

import "os"

func main() { os.Exit(run(system())) }
