package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// remote is who a request comes from, as far as limits go.
type remote struct {
	addr netip.Addr
	free bool // has no share and no rate: a program on this machine
}

// remoteOf returns who a request comes from. Behind proxies that the operator trusts
// that is the last hop in X-Forwarded-For which is not one of them: whatever stands
// before it is what that hop says, true or not. Without the header it is the proxy.
func remoteOf(r *http.Request, proxies []netip.Prefix) remote {
	addr, ok := hop(r.RemoteAddr)
	if !ok {
		return remote{free: true} // no network: a server of this process's own
	}
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if forwarded := r.Header["X-Forwarded-For"]; len(forwarded) > 0 && trusted(addr) {
		hops := strings.Split(strings.Join(forwarded, ","), ",")
		for _, text := range slices.Backward(hops) {
			next, ok := hop(strings.TrimSpace(text))
			if !ok || next.IsLoopback() && !addr.IsLoopback() {
				return remote{addr: addr} // who that was is not known, or the proxy itself: it answers for it
			}
			if addr = next; !trusted(addr) {
				break
			}
		}
	}
	return remote{addr, addr.IsLoopback()}
}

// hop reads an address, which some proxies write with a port.
func hop(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		port, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = port.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

// networks returns what the limits are kept for. An IPv6 client has all the addresses
// of its /64, and often all the networks of a /48.
func (c remote) networks() (own, site netip.Prefix) {
	if c.addr.Is4() {
		own = netip.PrefixFrom(c.addr, 32)
		return own, own
	}
	own, _ = c.addr.Prefix(64) // it has 128 bits
	site, _ = c.addr.Prefix(48)
	return own, site
}
