package value

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Network writes a network with a mask such as /255.255.255.0 with the length of that.
func Network(s string) string {
	address, bits, long := strings.Cut(s, "/")
	if long && strings.Contains(bits, ".") {
		return address + "/" + maskBits(bits)
	}
	return s
}

// maskBits is the length of a mask such as 255.255.255.0, or the mask itself when it is none.
func maskBits(mask string) string {
	ip, err := netip.ParseAddr(mask)
	if err != nil || !ip.Is4() {
		return mask
	}
	b := ip.As4()
	digits := strings.TrimRight(fmt.Sprintf("%08b%08b%08b%08b", b[0], b[1], b[2], b[3]), "0")
	if strings.Contains(digits, "0") {
		return mask
	}
	return strconv.Itoa(len(digits))
}
