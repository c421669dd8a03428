package client

import (
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Submission is the JSON form of [publish.Submission].
type Submission struct {
	_ struct{} `additionalProperties:"false"`

	Issuer    verifier.Address   `json:"issuer" doc:"Who signed"`
	Home      verifier.Home      `json:"home" doc:"The registry that the signature is for, CAIP-10"`
	Root      merkle.Hash        `json:"root" doc:"Of the tree over the leaves"`
	Count     uint64             `json:"count" minimum:"1" maximum:"1048576" doc:"Number of leaves"`
	IssuedAt  uint64             `json:"issuedAt" doc:"The issuer's claim, Unix seconds"`
	Signature verifier.Signature `json:"signature" doc:"EIP-712 Submission, r || s || v"`
	Leaves    List[merkle.Hash]  `json:"leaves" doc:"Strictly ascending"`
}

func (s *Submission) Missing() string {
	return missing(member{"issuer", s.Issuer.IsZero()}, member{"home", s.Home.Chain == 0}, member{"root", s.Root.IsZero()},
		member{"count", s.Count == 0}, member{"signature", s.Signature == verifier.Signature{}}, member{"leaves", s.Leaves == nil})
}

// StatusUpdate is the JSON form of [publish.StatusUpdate].
type StatusUpdate struct {
	_ struct{} `additionalProperties:"false"`

	Home      verifier.Home    `json:"home,omitzero" doc:"The registry that the signature is for, CAIP-10; may be absent where the node has only one"`
	Version   uint64           `json:"version" minimum:"1" doc:"The registry's version plus one; the registry's own if the list is already on the chain"`
	Items     List[StatusItem] `json:"items" doc:"The whole list, strictly ascending by id"`
	Deadline  uint64           `json:"deadline,omitzero" doc:"Until when the signature is good, Unix seconds"`
	Signature verifier.Bytes   `json:"signature,omitzero" doc:"EIP-712 SetStatus of the controller; absent if the list is already on the chain"`
	Root      merkle.Hash      `json:"root,omitzero" doc:"The list's root, as it is signed; needed for more than 1,024 items"`
	List      merkle.Hash      `json:"list,omitzero" doc:"sha2-256 digest of the list's published manifest, as it is signed; needed for more than 1,024 items"`
}

func (u *StatusUpdate) Missing() string {
	return missing(member{"version", u.Version == 0}, member{"items", u.Items == nil})
}

// Retirement is the JSON form of [publish.RetireRequest].
type Retirement struct {
	_ struct{} `additionalProperties:"false"`

	Home      verifier.Home  `json:"home,omitzero" doc:"The registry that the signature is for, CAIP-10; may be absent where the node has only one"`
	From      uint64         `json:"from" minimum:"1" doc:"From when on the key is not to be believed, Unix seconds"`
	Deadline  uint64         `json:"deadline" doc:"Until when the signature is good, Unix seconds"`
	Signature verifier.Bytes `json:"signature" doc:"EIP-712 Retire of the controller"`
}

func (r *Retirement) Missing() string {
	return missing(member{"from", r.From == 0}, member{"deadline", r.Deadline == 0}, member{"signature", r.Signature == nil})
}

// ControllerChange is the JSON form of [publish.ControllerRequest].
type ControllerChange struct {
	_ struct{} `additionalProperties:"false"`

	Home      verifier.Home    `json:"home,omitzero" doc:"The registry that the signature is for, CAIP-10; may be absent where the node has only one"`
	Current   verifier.Address `json:"current" doc:"The stored controller, zero while there is none"`
	Next      verifier.Address `json:"next" doc:"Who shall speak for the issuer's status"`
	Deadline  uint64           `json:"deadline" doc:"Until when the signature is good, Unix seconds"`
	Signature verifier.Bytes   `json:"signature" doc:"EIP-712 SetController of the current controller, or of the issuer while there is none"`
}

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
