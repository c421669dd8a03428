package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// ErrNotPublic says that a node which a stranger named is not on the public internet:
// it is this machine, or one of a network that the stranger may not be able to reach.
var ErrNotPublic = errors.New("not a public address")

// hintedTime bounds an exchange with a node that a stranger named.
const hintedTime = time.Minute

// NewHinted returns a client for a node that a stranger named, as a proof does in its
// hints. It connects to public addresses and to those that are allowed, and to
// nothing else, whatever the node's name leads to by then: else [ErrNotPublic]. It uses
// no proxy, which would choose the address in its place.
func NewHinted(node string, allowed []netip.Addr) (*Client, error) {
	if err := checkHint(node); err != nil {
		return nil, err
	}
	c, err := New(node)
	if err != nil {
		return nil, err
	}
	c.limit = hintedTime
	dialer := &net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return reachable(address, allowed) },
	}
	transport := newTransport()
	transport.Proxy, transport.DialContext = nil, dialer.DialContext
	c.http.Transport = transport
	return c, nil
}

// checkHint checks a URL that a stranger wrote: it must not log in anywhere, nor lead to a
// port of another well-known service.
func checkHint(node string) error {
	u, err := url.Parse(node)
	if err != nil {
		return fmt.Errorf("%q is not the URL of a node", node)
	}
	if u.User != nil {
		return errors.New("a node's URL in a proof may hold no name and no password")
	}
	port, err := strconv.ParseUint(portOf(u), 10, 16)
	if err != nil || port < 1024 && port != 80 && port != 443 {
		return fmt.Errorf("no node is at port %q: want 80, 443 or one from 1024 on", u.Port())
	}
	return nil
}

// portOf returns a URL's port, or that of its scheme.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// reachable reports, as an error, that an address is neither public nor allowed.
func reachable(address string, allowed []netip.Addr) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrNotPublic, address)
	}
	if ip := at.Addr().Unmap(); !Public(ip) && !slices.Contains(allowed, ip) {
		return fmt.Errorf("%w: %s", ErrNotPublic, ip)
	}
	return nil
}

// NotPublic returns the addresses behind the host of a node's URL that are not public.
// A host that cannot be looked up has none: nothing will connect to it.
func NotPublic(ctx context.Context, node string) []netip.Addr {
	u, err := url.Parse(node)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, hintedTime)
	defer cancel()
	all, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	var private []netip.Addr
	for _, ip := range all {
		if ip = ip.Unmap(); !Public(ip) && !slices.Contains(private, ip) {
			private = append(private, ip)
		}
	}
	return private
}

// Public reports whether an address is of the public internet: a unicast address that
// the IANA registries of special-purpose addresses do not list as anything else. One
// that embeds an IPv4 address, of 6to4 or NAT64, is public if that is.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" {
		return false
	}
	special := func(p netip.Prefix) bool { return p.Contains(ip) }
	if ip.Is4() {
		return !slices.ContainsFunc(special4, special)
	}
	bytes := ip.As16()
	switch {
	case nat64.Contains(ip):
		return Public(netip.AddrFrom4([4]byte(bytes[12:])))
	case sixToFour.Contains(ip):
		return Public(netip.AddrFrom4([4]byte(bytes[2:6])))
	}
	return global6.Contains(ip) && !slices.ContainsFunc(special6, special)
}

var (
	special4 = prefixes(
		"0.0.0.0/8",       // this network
		"100.64.0.0/10",   // shared by the customers of a provider
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // 6to4 relays, deprecated
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"240.0.0.0/4",     // reserved, and broadcast
	)
	global6   = netip.MustParsePrefix("2000::/3") // all that is assigned so far
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
	special6  = prefixes(
		"2001::/23",     // protocol assignments, Teredo among them
		"2001:db8::/32", // documentation
		"3fff::/20",     // documentation
	)
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// errElsewhere says that a node sent us to another one.
var errElsewhere = errors.New("redirected elsewhere")

// sameServer lets a request be redirected on the node's own host, port and scheme only.
func sameServer(request *http.Request, before []*http.Request) error {
	from, to := before[0].URL, request.URL
	if from.Scheme != to.Scheme || from.Hostname() != to.Hostname() || portOf(from) != portOf(to) || to.User != nil {
		return fmt.Errorf("%w, to %s://%s", errElsewhere, to.Scheme, to.Host)
	}
	if len(before) > 3 {
		return errors.New("redirected without end")
	}
	return nil
}
