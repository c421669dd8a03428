package secured

import (
	"context"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/credential"
)

// Outcome is what a check has found.
type Outcome string

// Outcomes. Fail is said only where the credential claims a suite, the key of its issuer is
// at hand, and the signature does not hold.
const (
	Pass    Outcome = "pass"
	Fail    Outcome = "fail"
	Unknown Outcome = "unknown"
)

// Reasons of a [Finding] that is no pass.
const (
	Broken      = "signature_broken"
	Absent      = "signature_absent"
	Unsupported = "signature_unsupported"
	KeyUnknown  = "key_unknown"
	Unreadable  = "unreadable"
)

// Finding is what was found of a credential's own signature.
type Finding struct {
	Outcome Outcome
	Reason  string // empty for a pass
	Suite   string // such as "eddsa-jcs-2022" or "JWT ES256"; empty if it cannot be told
	Key     string // the verification method as the credential names it
	Detail  string // a sentence, safe to print

	// Stated says that the key is its issuer's by the credential's word alone, as in Open
	// Badges 2.0. Whoever copies a badge can put a key of his own there: a pass is one only
	// if it is known by other means that the issuer stands behind these bytes.
	Stated bool
}

// Keys finds keys that are not at hand: verification methods of did:web and https. It may
// ask the network, and must guard against what a hostile credential names. The method may
// be the identifier of the issuer alone, and stands then for the only key that it has.
type Keys func(ctx context.Context, method string) (*Key, error)

// Key is a public key of a credential's issuer.
type Key struct {
	Public     any    // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
	Controller string // the issuer that the document which holds the key is of
	Stale      bool   // the document could not be asked for now: the issuer may have another key there

	alg string // the only JOSE algorithm that it is for; empty for any
}

// maxSignatures is how many signatures of one credential are looked at. Keys may be asked
// twice for each.
const maxSignatures = 16

// Check looks for the signatures of a file, as it was given, and says whether one of them
// is its issuer's and holds. issuers are the identifiers of the issuer that it names, as
// [credential.Describe] tells them; keys may be nil. A proof that ends before the time at
// does not count.
//
// Of several signatures one of the issuer's that holds is a pass, else one of the issuer's
// that does not hold a fail; else the unknown one of which most was found is told.
func Check(ctx context.Context, doc []byte, issuers []string, keys Keys, at time.Time) Finding {
	text, err := credential.Content(doc)
	switch {
	case err != nil:
		return Finding{
			Outcome: Unknown, Reason: Unreadable,
			Detail: "its own signature cannot be looked for: " + credential.Printable(err.Error()),
		}
	case len(text) == 0:
		return absent()
	case text[0] == '{':
		return best(checkObject(ctx, text, issuers, keys, at))
	}
	return best([]Finding{checkToken(ctx, string(text), issuers, keys)})
}

func absent() Finding {
	return Finding{Outcome: Unknown, Reason: Absent, Detail: "the credential brings no signature of its own"}
}

// checkObject checks the signatures of a JSON object: its Data Integrity proofs, and those
// of the JWS that it is or the token that it envelops.
func checkObject(ctx context.Context, object []byte, issuers []string, keys Keys, at time.Time) []Finding {
	m, err := strictMembers(object)
	if err != nil {
		return []Finding{unreadable("", "its JSON cannot be relied on")}
	}
	var list []Finding
	switch {
	case m["payload"] != nil && (m["signature"] != nil || m["signatures"] != nil):
		list = checkJWSObject(ctx, m, issuers, keys)
	case isEnvelope(m):
		list = []Finding{checkEnvelope(ctx, m, issuers, keys)}
	}
	if m["proof"] != nil {
		list = append(list, checkDataIntegrity(ctx, object, issuers, keys, at)...)
	}
	return list
}

// best is what the signatures of a credential say together.
func best(list []Finding) Finding {
	if len(list) > maxSignatures {
		return unreadable("", fmt.Sprintf("it has more than %d signatures", maxSignatures))
	}
	rank := func(f Finding) int {
		switch f.Outcome {
		case Pass:
			return 0
		case Fail:
			return 1
		}
		for i, reason := range []string{KeyUnknown, Broken, Unsupported, Unreadable} {
			if f.Reason == reason {
				return 2 + i
			}
		}
		return 6
	}
	first := absent()
	for _, f := range list {
		if rank(f) < rank(first) {
			first = f
		}
	}
	return first
}

func unreadable(suite, why string) Finding {
	return Finding{Outcome: Unknown, Reason: Unreadable, Suite: suite, Detail: "its own signature cannot be read: " + why}
}

func unsupported(suite, why string) Finding {
	return Finding{Outcome: Unknown, Reason: Unsupported, Suite: suite, Detail: "its own signature is not checked: " + why}
}
