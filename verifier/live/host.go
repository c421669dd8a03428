package live

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// hostPort returns the host and the port of a server in one spelling, by which two
// URLs of it are told to be one. In doubt it takes two for one, since the word of
// several servers must not be had from one.
func hostPort(u *url.URL) (string, error) {
	name := u.Hostname()
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		name = ascii
	}
	name = strings.TrimRight(strings.ToLower(name), ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	if ip, err := netip.ParseAddr(name); err == nil {
		ip = ip.Unmap().WithZone("")
		if name = ip.String(); ip.IsLoopback() || ip.IsUnspecified() {
			name = "localhost"
		}
	} else if name == "" || last != "" && '0' <= last[0] && last[0] <= '9' {
		// Such as 127.1 and 0x7f000001: some resolvers take them for addresses.
		return "", errors.New("its host is neither a name nor an address in the usual form")
	} else if last == "localhost" {
		name = last
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", errors.New("its port is not one")
	}
	return net.JoinHostPort(name, strconv.FormatUint(n, 10)), nil
}
