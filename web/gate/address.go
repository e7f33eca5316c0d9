package gate

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// client is the address that a request is counted under: the peer, or, where the peer is a trusted proxy, the right-most
// address of X-Forwarded-For that is not one. What stands further left anybody can write.
func (h *Handlers) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a Unix socket has no address
	}
	addr := bare(peer.Addr())
	if !h.isTrusted(addr) {
		return addr
	}
	return h.behind(addr, r.Header["X-Forwarded-For"])
}

func bare(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// behind goes from a trusted proxy backwards through what the proxies wrote.
func (h *Handlers) behind(addr netip.Addr, forwarded []string) netip.Addr {
	for _, line := range slices.Backward(forwarded) {
		for line != "" {
			var hop string
			line, hop = cutLast(line)
			next, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				return addr // a hop that is no address ends the chain that can be trusted
			}
			if addr = bare(next); !h.isTrusted(addr) {
				return addr
			}
		}
	}
	return addr
}

func cutLast(list string) (rest, last string) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return list[:i], list[i+1:]
	}
	return "", list
}

func (h *Handlers) isTrusted(a netip.Addr) bool {
	return slices.ContainsFunc(h.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}
