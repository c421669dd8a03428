package signer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/verifier"
)

// Keystore unlocks an account of the user's keystore. The name is an address, or
// empty for the only one. How it comes by the password is its own affair.
type Keystore func(account string) (*chain.Key, error)

// IsService reports whether a reference names a service, and not an account of a
// keystore.
func IsService(ref string) bool { return strings.Contains(ref, "://") }

// Services open the signers of services other than those that speak eth_signTransaction,
// by the scheme of the key's URL, with the account behind its # (zero: none). Only what is
// named here is linked.
type Services map[string]func(ctx context.Context, key *url.URL, account verifier.Address) (chain.Signer, error)

// Open makes the signer that a configuration names:
//
//	0x<address>, or nothing                    an account of the keystore
//	remote+https://HOST[:PORT]/PATH#0x<address>
//	                                           an account of a remote signer that speaks eth_signTransaction; remote+http likewise
//	SCHEME://...[#0x<address>]                 a key of one of the services, such as package kms
//
// A remote signer's account is checked by what it signs.
//
// The reference may hold a user and a password, and is never repeated.
func Open(ctx context.Context, ref string, keystore Keystore, services Services) (chain.Signer, error) {
	if !IsService(ref) {
		return keystore(ref)
	}
	u, err := url.Parse(ref)
	if err != nil {
		return nil, errors.New("the key is not a URL that can be read: want remote+https://HOST/#0x<address> or awskms:///KEY?region=…")
	}
	var account verifier.Address
	if u.Fragment != "" {
		if account, err = verifier.ParseAddress(u.Fragment); err != nil {
			return nil, fmt.Errorf("the account after # in the key's URL: %w", err)
		}
	}
	u.Fragment, u.RawFragment = "", ""
	switch u.Scheme {
	case "remote+https", "remote+http":
		if account.IsZero() {
			return nil, errors.New("the key's URL lacks the account: add #0x<address>")
		}
		u.Scheme = strings.TrimPrefix(u.Scheme, "remote+")
		return NewRemote(u.String(), account)
	}
	if open := services[u.Scheme]; open != nil {
		return open(ctx, u, account)
	}
	return nil, errors.New("the key's URL is of no known kind: want remote+https://, remote+http:// or awskms://")
}
