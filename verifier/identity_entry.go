package verifier

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"sync"
)

// Limits of evidence of identity.
const (
	MaxIdentity         = 4       // entries of a submission
	MaxIdentityEvidence = 1 << 14 // bytes of one
)

// Identity is evidence that a domain named the issuer's key. It is itself a leaf of the
// submission, so that the issuer signed it and the chain fixes when it existed at the
// latest. What it says is for package identity to tell.
type Identity struct {
	Kind     string `json:"kind"`
	Salt     Hash   `json:"salt"`
	Path     []Hash `json:"path"` // from its leaf up to the submission's root
	Evidence Bytes  `json:"evidence"`
}

// Leaf returns the leaf of the evidence: that of its bytes as a raw CID over SHA-256.
func (i *Identity) Leaf() Hash { return Leaf(i.CID(), i.Salt) }

// CID returns the CID of the evidence in binary form: raw, over SHA-256.
func (i *Identity) CID() []byte {
	sum := sha256.Sum256(i.Evidence)
	return append([]byte{0x01, 0x55, 0x12, sha256.Size}, sum[:]...) // version 1, raw, sha2-256
}

// Is reports whether a credential with this CID, in binary form, and salt is the evidence itself.
func (i *Identity) Is(cid []byte, salt Hash) bool {
	return salt == i.Salt && string(cid) == string(i.CID())
}

// identityKind is what a kind may look like.
var identityKind = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9.-]{1,32}$`) })

func (r *jsonReader) identities() ([]Identity, error) {
	all := make([]Identity, 0, 1)
	err := r.array(MaxIdentity, func() error {
		i, err := r.identity()
		all = append(all, i)
		return err
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("identity: has no entries, want 1 to %d or no such member", MaxIdentity)
	}
	return all, err
}

func (r *jsonReader) identity() (i Identity, err error) {
	err = r.object([]string{"kind", "salt", "path", "evidence"}, func(name []byte) (err error) {
		switch string(name) {
		case "kind":
			var text []byte
			if text, err = r.string(); err == nil && !identityKind().Match(text) {
				err = errors.New("identity: the kind is not a word of 1 to 32 lower-case letters, digits, dots and hyphens")
			}
			i.Kind = string(text)
		case "salt":
			err = r.value(&i.Salt)
		case "path":
			i.Path, err = r.hashes()
		case "evidence":
			if err = r.value(&i.Evidence); err == nil && (len(i.Evidence) == 0 || len(i.Evidence) > MaxIdentityEvidence) {
				err = fmt.Errorf("identity: evidence of %d bytes, want 1 to %d", len(i.Evidence), MaxIdentityEvidence)
			}
		default:
			err = unknownMember(name)
		}
		return err
	})
	return i, err
}

// identityCBOR is the CBOR form.
type identityCBOR struct {
	_        struct{} `cbor:",toarray"`
	Kind     string
	Salt     Hash
	Path     []byte
	Evidence Bytes
}

func (i *Identity) cbor() identityCBOR {
	return identityCBOR{Kind: i.Kind, Salt: i.Salt, Path: joinPath(i.Path), Evidence: i.Evidence}
}

func (i *identityCBOR) entry() (Identity, error) {
	path, err := splitPath(i.Path)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	return Identity{i.Kind, i.Salt, path, i.Evidence}, nil
}
