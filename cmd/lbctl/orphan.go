package main

import "fmt"

// warn tells the operator when the instance has lost its master, and what to do: what was asked for may look as always. It passes on
// the outcome of the command: whoever has not answered that is not asked again.
func (o *options) warn(e env, outcome error) error {
	if status := exitStatus(outcome); status == exitNobody || status == exitUsage {
		return outcome
	}
	text, err := o.ask("show info")
	if err != nil {
		return outcome // an instance that ends meanwhile needs no advice
	}
	if in := pairs(text); in["Orphaned"] == "1" {
		fmt.Fprintf(e.stderr, "lbctl: the master of this instance (process %q) died %s ago: its workers serve on, but nobody replaces one that dies, and "+
			"signals and upgrades do nothing. Start lbmaster with the same configuration: it takes over without a gap. "+
			"To end the instance instead: pkill -TERM -f '^lbmaster: .* orphan'\n", in["Pid"], ago(in["Orphaned_sec"]))
	}
	return outcome
}
