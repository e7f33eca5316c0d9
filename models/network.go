package models

import "net/netip"

// Prefixes of the networks that usage is counted by.
const (
	networkBitsV4 = 24
	networkBitsV6 = 48
)

// NetworkOf is the network that usage counts an address by, or a network of that size: "10.2.3.0/24", "2001:db8::/48".
// OtherName names itself.
func NetworkOf(text string) (string, bool) {
	if text == OtherName {
		return text, true
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked().String(), p.Bits() == networkBits(p.Addr())
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return "", false
	}
	a = a.Unmap().WithZone("")
	p, err := a.Prefix(networkBits(a))
	return p.String(), err == nil
}

func networkBits(a netip.Addr) int {
	if a.Is4() {
		return networkBitsV4
	}
	return networkBitsV6
}
