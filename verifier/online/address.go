package online

import "net/netip"

// notPublic are the IPv4 addresses that are not reached over the public internet, or that
// mean something else within a cloud, by IANA's registry of special-purpose addresses (as
// of 2025) and by what cloud providers document.
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // Azure's own server within each virtual machine
)

// notPublic6 are those within 2000::/3, the global unicast addresses of IPv6. What is outside
// of it (loopback, link-local and unique local addresses, multicast, …) is never public.
var notPublic6 = prefixes(
	"2001::/23",     // Teredo, benchmarking, ORCHID
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4: leads to any IPv4 address
	"3fff::/20",     // documentation
)

// notEvenPrivate are those that nobody runs a server of his own at: cloud metadata is there.
var notEvenPrivate = prefixes("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"100.100.100.200/32", "168.63.129.16/32", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::/32")

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: the last 32 bits are an IPv4 address
	cgnat   = netip.MustParsePrefix("100.64.0.0/10")
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func within(ip netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// plain returns the address that a connection to ip ends at, as far as that shows: mapped and
// translated IPv4 addresses are what they stand for.
func plain(ip netip.Addr) netip.Addr {
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

// isPublic reports whether ip is an address of the public internet.
func isPublic(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	if ip = plain(ip); ip.Is4() {
		return !within(ip, notPublic)
	}
	return global6.Contains(ip) && !within(ip, notPublic6)
}

// isPrivate reports whether ip is this machine's or one of a private network.
func isPrivate(ip netip.Addr) bool {
	ip = plain(ip)
	return (ip.IsLoopback() || ip.IsPrivate() || cgnat.Contains(ip)) && !within(ip, notEvenPrivate)
}
