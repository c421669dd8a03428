package secured

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hallmark-node/hallmark/credential"
)

// found is what is known of the key of a verification method.
type found struct {
	key  *Key // nil if it is not at hand
	tied bool // it is the issuer's

	reason string // why there is none: KeyUnknown, Unsupported or Unreadable
	detail string // the same as a clause about "its key"
}

// findKey finds the key of a verification method: in the method itself, or by keys, which
// may be nil. It asks keys only for methods that can be the issuer's.
//
// A key that a method states itself is tied if [tied] says so of the method. One that was
// looked up is tied if the document that holds it is the issuer's own: by its controller,
// whatever the method is called.
func findKey(ctx context.Context, method string, issuers []string, keys Keys) found {
	key, stated, err := statedKey(method)
	switch {
	case stated && errors.Is(err, errKeyKind):
		return found{reason: Unsupported, detail: fmt.Sprintf("its key %s is of a kind that is not checked", short(method))}
	case stated && err != nil:
		return found{reason: Unreadable, detail: fmt.Sprintf("its key %s cannot be read: %v", short(method), err)}
	case stated:
		return found{key: key, tied: tied(method, issuers)}
	case method == "":
		return found{reason: KeyUnknown, detail: "it does not say by which key"}
	case len(method) > maxMethod || !mayBeIssuers(method, issuers):
		return found{reason: KeyUnknown, detail: fmt.Sprintf("nothing ties its key %s to the issuer", short(method))}
	case keys == nil:
		return found{reason: KeyUnknown, detail: fmt.Sprintf("its key %s is not at hand offline", short(method))}
	}
	key, err = keys(ctx, method)
	switch {
	case err != nil:
		return found{reason: KeyUnknown, detail: fmt.Sprintf("its key %s was not found: %s", short(method), credential.Printable(err.Error()))}
	case key == nil:
		return found{reason: KeyUnknown, detail: fmt.Sprintf("its key %s was not found", short(method))}
	}
	if err := usable(key.Public); errors.Is(err, errKeyKind) {
		return found{reason: Unsupported, detail: fmt.Sprintf("its key %s is of a kind that is not checked", short(method))}
	} else if err != nil {
		return found{reason: Unsupported, detail: fmt.Sprintf("its key %s is not used: %v", short(method), err)}
	}
	return found{key: key, tied: len(issuers) == 1 && key.Controller != "" && key.Controller == issuers[0]}
}

// mayBeIssuers reports whether it makes sense to look for a method to check the signature
// of an issuer: a credential could else make its reader ask hosts that have to do with
// nobody. It is that of the issuer's DID, or on the host of the issuer's address.
func mayBeIssuers(method string, issuers []string) bool {
	if tied(method, issuers) {
		return true
	}
	if len(issuers) != 1 {
		return false
	}
	host, ok := httpsHost(method)
	theirs, same := httpsHost(issuers[0])
	return ok && same && host == theirs
}

// httpsHost returns the host and port of an https address, as written but for the case.
func httpsHost(address string) (string, bool) {
	rest, ok := strings.CutPrefix(address, "https://")
	if !ok {
		return "", false
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	host, _, _ = strings.Cut(host, "#")
	return strings.ToLower(host), host != "" && !strings.ContainsAny(host, "@\\")
}

// short is an identifier for people: quoted, and its middle left out where it is long.
func short(id string) string {
	const ends = 40
	if len(id) > 2*ends+10 {
		id = id[:ends] + "…" + id[len(id)-ends:]
	}
	return credential.Quoted(id)
}
