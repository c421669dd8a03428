// Package dnschain captures the chain of signed DNS records by which a domain names an
// issuer's key: evidence of the kind "dnssec".
package dnschain

import (
	"context"
	"errors"
)

// Capture asks a resolver (host:port, any that passes signatures on) for the records that
// prove, from the root zone down, what stands at _hallmark.<domain>, and returns them as
// evidence of the kind "dnssec". It is an error if no record there names the address for
// the chain (EIP-155 number; 0: without one). The evidence is whole and valid now, but for
// the keys of the root zone: whom to trust for those is the caller's to say, with
// Anchors.Check of package identity.
func Capture(ctx context.Context, resolver, domain string, address [20]byte, chain uint64) ([]byte, error) {
	return nil, errors.New("signed DNS records are not captured yet")
}
