package publish

import (
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// MaxLeaves is the largest number of leaves in a submission.
const MaxLeaves = 1 << 20

// ErrTooMany says that a submission or a status list has more entries than a node takes.
var ErrTooMany = fmt.Errorf("more than %d leaves or status entries: split them, or list whole submissions", MaxLeaves)

// Submission is one issuer's signed tree with all of its leaves, and its JSON form in a
// request.
type Submission struct {
	Issuer    verifier.Address   `json:"issuer"`    // who signed
	Home      verifier.Home      `json:"home"`      // the registry that the signature is for, CAIP-10
	Root      merkle.Hash        `json:"root"`      // of the tree over the leaves
	Count     uint64             `json:"count"`     // number of leaves
	IssuedAt  uint64             `json:"issuedAt"`  // the issuer's claim, Unix seconds
	Signature verifier.Signature `json:"signature"` // EIP-712 Submission, r || s || v
	Leaves    List[merkle.Hash]  `json:"leaves"`    // strictly ascending, Count of them
}

// Missing names a member that may not be absent and is, or is empty; else it is "".
func (s *Submission) Missing() string {
	return missing(member{"issuer", s.Issuer.IsZero()}, member{"home", s.Home.Chain == 0}, member{"root", s.Root.IsZero()},
		member{"count", s.Count == 0}, member{"signature", s.Signature == verifier.Signature{}}, member{"leaves", s.Leaves == nil})
}

// ID returns the leaf of the submission in its batch. It is computed from what the
// issuer signed, not from the leaves.
func (s *Submission) ID() merkle.Hash {
	return verifier.BatchLeaf(s.Issuer, verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt))
}

// Verify checks that the submission is one that a node may take: 1 to [MaxLeaves]
// strictly ascending leaves, none of them the zero hash or the largest one, Root the
// root of their tree, and Signature the issuer's. It takes 64 bytes a leaf.
func (s *Submission) Verify() error {
	_, err := s.VerifiedTree()
	return err
}

// VerifiedTree is [Submission.Verify] for callers that need the tree as well.
func (s *Submission) VerifiedTree() (*merkle.Tree, error) {
	if _, err := s.VerifySigned(); err != nil {
		return nil, err
	}
	return s.Tree()
}

// VerifySigned is the part of [Submission.Verify] for which the leaves are not needed:
// the signature is over the count and the root that they must have. It returns
// [Submission.ID], which is over the same digest.
func (s *Submission) VerifySigned() (id merkle.Hash, err error) {
	// What costs least is checked first.
	switch {
	case s.Count == 0:
		return id, fmt.Errorf("a submission needs at least one leaf")
	case s.Count > MaxLeaves:
		return id, fmt.Errorf("the submission has %d leaves, at most %d are allowed: split it", s.Count, MaxLeaves)
	case s.Home.Chain == 0 || s.Home.Chain > maxInteger:
		return id, fmt.Errorf("chain id %d is not between 1 and 2^53-1", uint64(s.Home.Chain))
	case s.IssuedAt > maxInteger:
		return id, fmt.Errorf("issuedAt %d is beyond 2^53-1", s.IssuedAt)
	}
	digest := verifier.SubmissionDigest(s.Home, s.Root, s.Count, s.IssuedAt)
	signer, err := Recover(digest, s.Signature)
	if err != nil {
		return id, fmt.Errorf("signature of the submission: %w", err)
	}
	if signer != s.Issuer {
		return id, fmt.Errorf("the submission is signed by %s, not by its issuer %s; sign root, count, issuedAt and home exactly as sent",
			signer, s.Issuer)
	}
	return verifier.BatchLeaf(s.Issuer, digest), nil
}

// Tree is the part of [Submission.Verify] that [Submission.VerifySigned] leaves: it
// checks the leaves and returns their tree.
func (s *Submission) Tree() (*merkle.Tree, error) {
	n := len(s.Leaves)
	if s.Count != uint64(n) || n == 0 {
		return nil, fmt.Errorf("the submission says %d leaves and has %d", s.Count, n)
	}
	tree, err := merkle.FromSorted(s.Leaves)
	if err != nil {
		return nil, fmt.Errorf("leaves of the submission: %w", err)
	}
	if err := s.VerifyLeaves(s.Leaves[0], s.Leaves[n-1], tree.Root()); err != nil {
		return nil, err
	}
	return tree, nil
}

// VerifyLeaves is [Submission.Tree] for callers that have computed the root of leaves that
// ascend strictly: it needs the first and the last of them.
func (s *Submission) VerifyLeaves(first, last, root merkle.Hash) error {
	if verifier.ReservedID(first) || verifier.ReservedID(last) {
		return fmt.Errorf("neither the zero hash nor the largest hash can be a leaf")
	}
	if root != s.Root {
		return fmt.Errorf("the leaves have root %s, the submission says %s", root, s.Root)
	}
	return nil
}
