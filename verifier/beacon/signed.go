package beacon

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// Sizes of BLS12-381 points in their compressed form.
const (
	pubkeySize    = 48 // on G1
	signatureSize = 96 // on G2
)

// signatureTag is the ciphersuite of Ethereum's signatures (draft-irtf-cfrg-bls-signature,
// proof of possession), the domain separation tag of hashing to the curve.
const signatureTag = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"

// domainSyncCommittee is DOMAIN_SYNC_COMMITTEE.
var domainSyncCommittee = [4]byte{7}

// size returns how many members a committee of the network has.
func (n *Network) size() int { return int(n.CommitteeSize) } //nolint:gosec // at most 512

// Signed is a header and the signature of a sync committee over it.
//
// A committee is hashed as the root of its public keys beside their sum, the aggregate
// key. So it is enough to show the aggregate key, the keys of those who did not sign, and
// the nodes that lead from these to the root: the sum of those who did is the aggregate
// key less the absent ones. With everybody there, that is the root alone.
//
// The slot at which the signature was made is not part of it, since nobody signs it. The
// committee is taken to be that of the slot after the header's, and the fork that of the
// header: a signature for which that is not so cannot be expressed, and the next one can.
type Signed struct {
	Header    Header
	aggregate [pubkeySize]byte
	signature [signatureSize]byte
	bits      []byte // CommitteeSize bits, the lowest of a byte first: who signed
	absent    [][pubkeySize]byte
	nodes     []Root // roots of the largest subtrees that hold no absent key, from left to right
}

// Participants returns how many validators signed.
func (s *Signed) Participants() int { return countBits(s.bits) }

func countBits(all []byte) (n int) {
	for _, b := range all {
		n += bits.OnesCount8(b)
	}
	return n
}

// Period returns the period whose committee signed.
func (s *Signed) period(n *Network) uint64 { return n.Period(s.Header.Slot + 1) }

func (s *Signed) present(i int) bool { return s.bits[i/8]>>(i%8)&1 == 1 }

// The encoding: the header, 112 bytes; the aggregate key, 48; the signature, 96; the
// bits, CommitteeSize/8; 48 bytes for each absent key; 32 for each node.
func (s *Signed) append(dst []byte) []byte {
	dst = s.Header.append(dst)
	dst = append(dst, s.aggregate[:]...)
	dst = append(dst, s.signature[:]...)
	dst = append(dst, s.bits...)
	for i := range s.absent {
		dst = append(dst, s.absent[i][:]...)
	}
	return appendRoots(dst, s.nodes)
}

func (d *decoder) signed(n *Network) *Signed {
	s := &Signed{Header: d.header()}
	s.aggregate = [pubkeySize]byte(d.bytes(pubkeySize))
	s.signature = [signatureSize]byte(d.bytes(signatureSize))
	s.bits = slices.Clone(d.bytes(n.size() / 8))
	if d.err != nil {
		return s
	}
	if s.Participants() == 0 {
		d.err = errors.New("nobody signed it")
		return s
	}
	s.absent = make([][pubkeySize]byte, 0, min(n.size()-s.Participants(), len(d.rest)/pubkeySize))
	for range n.size() - s.Participants() {
		if s.absent = append(s.absent, [pubkeySize]byte(d.bytes(pubkeySize))); d.err != nil {
			return s
		}
	}
	s.nodes = d.roots(s.countNodes(0, n.size()))
	return s
}

// allSigned reports whether no key from first to first+count is absent.
func (s *Signed) allSigned(first, count int) bool {
	for i := first; i < first+count; i++ {
		if !s.present(i) {
			return false
		}
	}
	return true
}

// countNodes returns how many nodes the tree over count keys from first needs.
func (s *Signed) countNodes(first, count int) int {
	switch {
	case s.allSigned(first, count):
		return 1
	case count == 1:
		return 0
	}
	return s.countNodes(first, count/2) + s.countNodes(first+count/2, count/2)
}

// committee returns the root of the committee that the parts lead to.
func (s *Signed) committee(n *Network) Root {
	absent, nodes := s.absent, s.nodes
	var keys func(first, count int) Root
	keys = func(first, count int) (r Root) {
		switch {
		case s.allSigned(first, count):
			r, nodes = nodes[0], nodes[1:]
		case count == 1:
			r, absent = pubkeyRoot(absent[0]), absent[1:]
		default:
			r = hashPair(keys(first, count/2), keys(first+count/2, count/2))
		}
		return r
	}
	return hashPair(keys(0, n.size()), pubkeyRoot(s.aggregate))
}

// verify reports why the header is not signed by two thirds of the committee with this
// root, or nil.
func (s *Signed) verify(n *Network, committee Root) error {
	if _, err := n.layoutAt(s.Header.Slot); err != nil {
		return err
	}
	if 3*s.Participants() < 2*n.size() {
		return fmt.Errorf("%d of %d signed, %d are needed", s.Participants(), n.size(), (2*n.size()+2)/3)
	}
	if got := s.committee(n); got != committee {
		return fmt.Errorf("the committee that signed is %s, that of period %d is %s", got, s.period(n), committee)
	}
	key, err := readKey(s.aggregate)
	if err != nil {
		return fmt.Errorf("aggregate key: %w", err)
	}
	var sum bls.G1Jac
	sum.FromAffine(&key)
	for _, a := range s.absent {
		if key, err = readKey(a); err != nil {
			return fmt.Errorf("key of an absent validator: %w", err)
		}
		key.Neg(&key)
		sum.AddMixed(&key)
	}
	key.FromJacobian(&sum)
	if key.IsInfinity() {
		return errors.New("the keys of those who signed add up to nothing")
	}
	var signature bls.G2Affine
	if _, err := signature.SetBytes(s.signature[:]); err != nil || signature.IsInfinity() {
		return errors.New("the signature is not a point of the group")
	}
	message := n.signingRoot(&s.Header)
	point, err := bls.HashToG2(message[:], []byte(signatureTag))
	if err != nil {
		return fmt.Errorf("hash to the curve: %w", err)
	}
	_, _, g1, _ := bls.Generators()
	g1.Neg(&g1)
	if ok, err := bls.PairingCheck([]bls.G1Affine{g1, key}, []bls.G2Affine{signature, point}); err != nil || !ok {
		return n.doubt(s.Header.Slot, fmt.Errorf("the signature does not hold under fork %s", n.forkAt(s.Header.Slot).Name))
	}
	return nil
}

// readKey reads a public key: a point of the subgroup other than infinity.
func readKey(compressed [pubkeySize]byte) (key bls.G1Affine, err error) {
	if compressed[0]&0x80 == 0 {
		return key, errors.New("not in compressed form")
	}
	if _, err := key.SetBytes(compressed[:]); err != nil || key.IsInfinity() {
		return key, errors.New("not a point of the group")
	}
	return key, nil
}

// signingRoot returns what a committee signs (compute_signing_root).
func (n *Network) signingRoot(h *Header) Root {
	var version Root
	f := n.forkAt(h.Slot)
	copy(version[:], f.Version[:])
	data := hashPair(version, n.ValidatorsRoot) // ForkData
	var domain Root
	copy(domain[:], domainSyncCommittee[:])
	copy(domain[4:], data[:28])
	return hashPair(h.Root(), domain) // SigningData
}
