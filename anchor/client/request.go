package client

import (
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Submission is the JSON form of [publish.Submission].
type Submission struct {
	Issuer    verifier.Address   `json:"issuer"`    // who signed
	Home      verifier.Home      `json:"home"`      // the registry that the signature is for, CAIP-10
	Root      merkle.Hash        `json:"root"`      // of the tree over the leaves
	Count     uint64             `json:"count"`     // number of leaves
	IssuedAt  uint64             `json:"issuedAt"`  // the issuer's claim, Unix seconds
	Signature verifier.Signature `json:"signature"` // EIP-712 Submission, r || s || v
	Leaves    List[merkle.Hash]  `json:"leaves"`    // strictly ascending
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (s *Submission) Missing() string {
	return missing(member{"issuer", s.Issuer.IsZero()}, member{"home", s.Home.Chain == 0}, member{"root", s.Root.IsZero()},
		member{"count", s.Count == 0}, member{"signature", s.Signature == verifier.Signature{}}, member{"leaves", s.Leaves == nil})
}

// StatusUpdate is the JSON form of [publish.StatusUpdate].
type StatusUpdate struct {
	// the registry that the signature is for, CAIP-10; may be absent where the node has only one
	Home verifier.Home `json:"home,omitzero"`
	// the registry's version plus one; the registry's own if the list is already on the chain
	Version  uint64                    `json:"version"`
	Items    List[verifier.StatusItem] `json:"items"`             // the whole list, strictly ascending by id
	Deadline uint64                    `json:"deadline,omitzero"` // until when the signature is good, Unix seconds
	// EIP-712 SetStatus of the controller; absent if the list is already on the chain
	Signature verifier.Bytes `json:"signature,omitzero"`
	Root      merkle.Hash    `json:"root,omitzero"` // the list's root, as it is signed; needed for more than 1,024 items
	// sha2-256 digest of the list's published manifest, as it is signed; needed for more than 1,024 items
	List merkle.Hash `json:"list,omitzero"`
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (u *StatusUpdate) Missing() string {
	return missing(member{"version", u.Version == 0}, member{"items", u.Items == nil})
}

// Retirement is the JSON form of [publish.RetireRequest].
type Retirement struct {
	// the registry that the signature is for, CAIP-10; may be absent where the node has only one
	Home      verifier.Home  `json:"home,omitzero"`
	From      uint64         `json:"from"`      // from when on the key is not to be believed, Unix seconds
	Deadline  uint64         `json:"deadline"`  // until when the signature is good, Unix seconds
	Signature verifier.Bytes `json:"signature"` // EIP-712 Retire of the controller
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (r *Retirement) Missing() string {
	return missing(member{"from", r.From == 0}, member{"deadline", r.Deadline == 0}, member{"signature", r.Signature == nil})
}

// ControllerChange is the JSON form of [publish.ControllerRequest].
type ControllerChange struct {
	// the registry that the signature is for, CAIP-10; may be absent where the node has only one
	Home     verifier.Home    `json:"home,omitzero"`
	Current  verifier.Address `json:"current"`  // the stored controller, zero while there is none
	Next     verifier.Address `json:"next"`     // the new controller of the issuer's status
	Deadline uint64           `json:"deadline"` // until when the signature is good, Unix seconds
	// EIP-712 SetController of the current controller, or of the issuer while there is none
	Signature verifier.Bytes `json:"signature"`
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (c *ControllerChange) Missing() string {
	return missing(member{"next", c.Next.IsZero()}, member{"deadline", c.Deadline == 0}, member{"signature", c.Signature == nil})
}

// member is one that may not be absent, and whether it is (or has the zero value,
// which none of them may have).
type member struct {
	name   string
	absent bool
}

func missing(members ...member) string {
	for _, m := range members {
		if m.absent {
			return m.name
		}
	}
	return ""
}
