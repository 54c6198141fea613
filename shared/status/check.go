package status

// Check is what the last health check of a server told. Workers have no use for it: it is here so that a monitor which is
// started again goes on where the one before stopped.
type Check struct {
	Result uint8  // what came of it; the monitor's codes, 0: never checked
	Code   uint16 // status of the response, 0: none
	Health uint16 // the monitor's count of good and bad checks in a row
	Took   uint32 // ms, at most 2^24-1
}

const maxTook = 1<<24 - 1

func (c Check) pack() uint64 {
	return uint64(c.Result) | uint64(c.Code)<<8 | uint64(c.Health)<<24 | uint64(min(c.Took, maxTook))<<40
}

func unpackCheck(w uint64) Check {
	return Check{Result: uint8(w), Code: uint16(w >> 8), Health: uint16(w >> 24), Took: uint32(w >> 40)}
}

// Check is the last health check of server i.
func (b *Board) Check(i int) Check { return unpackCheck(b.slots[i].check.Load()) }

// Checked is when server i was last checked, in ms since 1970; 0: never.
func (b *Board) Checked(i int) int64 { return b.slots[i].checked.Load() }

// StoreCheck notes a health check of server i. It does not change the version: the state is what concerns others.
func (b *Board) StoreCheck(i int, c Check, unixMs int64) {
	b.slots[i].checked.Store(unixMs)
	b.slots[i].check.Store(c.pack())
}
