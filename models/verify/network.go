package verify

import (
	"net/netip"

	"keydesk/models"
)

// network is a client's /24 or /48 in place: the kind, then six bytes of prefix.
type network [7]byte

const (
	networkOther = iota
	networkV4
	networkV6
)

// networkOf cuts an address; one that is not valid, and none, are "other".
func networkOf(a netip.Addr) (n network) {
	a = a.Unmap()
	switch {
	case a.Is4():
		b := a.As4()
		n[0] = networkV4
		copy(n[1:], b[:3])
	case a.Is6():
		b := a.As16()
		n[0] = networkV6
		copy(n[1:], b[:6])
	}
	return n
}

func (n network) String() string {
	switch n[0] {
	case networkV4:
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{n[1], n[2], n[3]}), 24).String()
	case networkV6:
		var b [16]byte
		copy(b[:], n[1:])
		return netip.PrefixFrom(netip.AddrFrom16(b), 48).String()
	}
	return models.OtherName
}

// source is who a limit of bad keys is for: an IPv4 address, or an IPv6 /64, which is what one customer gets.
func sourceOf(a netip.Addr) (s [16]byte) {
	a = a.Unmap()
	s = a.WithZone("").As16()
	if a.Is6() {
		clear(s[8:])
	}
	return s
}
