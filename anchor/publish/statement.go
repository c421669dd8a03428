package publish

import (
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusUpdate is a new status list, as it is handed to a node. With a signature the node publishes the list
// and relays the statement, and pays for it; without one the statement must
// already be on the chain, and the node publishes the list behind it.
type StatusUpdate struct {
	Issuer verifier.Address `json:"-"` // stands in the path of the request
	// the registry that the signature is for, CAIP-10; may be absent where the node has only one
	Home verifier.Home `json:"home,omitzero"`
	// the registry's version plus one; the registry's own if the list is already on the chain
	Version  uint64                    `json:"version"`
	Items    List[verifier.StatusItem] `json:"items"`             // the whole list, strictly ascending by id
	Deadline uint64                    `json:"deadline,omitzero"` // until when the signature is good, Unix seconds
	// EIP-712 SetStatus of the controller; absent if the list is already on the chain; longer than 65
	// bytes only for a contract
	Signature verifier.Bytes `json:"signature,omitzero"`
	Root      merkle.Hash    `json:"root,omitzero"` // the list's root, as it is signed; needed for more than 1,024 items
	// sha2-256 digest of the list's published manifest, as it is signed; needed for more than 1,024 items
	List merkle.Hash `json:"list,omitzero"`
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (u *StatusUpdate) Missing() string {
	return missing(member{"version", u.Version == 0}, member{"items", u.Items == nil})
}

// Retirement is a signed statement that the issuer's key is not to be believed
// for anchors made at or after From.
type Retirement struct {
	Issuer verifier.Address `json:"-"` // stands in the path of the request
	// the registry that the signature is for, CAIP-10; may be absent where the node has only one
	Home      verifier.Home  `json:"home,omitzero"`
	From      uint64         `json:"from"`      // Unix seconds
	Deadline  uint64         `json:"deadline"`  // until when the signature is good, Unix seconds
	Signature verifier.Bytes `json:"signature"` // EIP-712 Retire of the controller
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (r *Retirement) Missing() string {
	return missing(member{"from", r.From == 0}, member{"deadline", r.Deadline == 0}, member{"signature", r.Signature == nil})
}

// ControllerChange is a signed statement that replaces the controller of an issuer's
// status, Current, by Next.
type ControllerChange struct {
	Issuer verifier.Address `json:"-"` // stands in the path of the request
	// the registry that the signature is for, CAIP-10; may be absent where the node has only one
	Home     verifier.Home    `json:"home,omitzero"`
	Current  verifier.Address `json:"current"` // the stored controller, zero while there is none
	Next     verifier.Address `json:"next"`
	Deadline uint64           `json:"deadline"` // until when the signature is good, Unix seconds
	// EIP-712 SetController of Current, or of the issuer while there is none
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
