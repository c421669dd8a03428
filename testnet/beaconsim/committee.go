package beaconsim

import (
	"crypto/sha256"
	"fmt"
	"math/big"

	bls "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// size is SYNC_COMMITTEE_SIZE of mainnet.
const size = 512

// committee is the sync committee of a period, with its keys.
type committee struct {
	secrets   [size]fr.Element
	keys      [size][48]byte
	aggregate [48]byte
	root      node
}

// newCommittee derives the keys of a period's validators from its number.
func newCommittee(period uint64) *committee {
	c := new(committee)
	scalars := make([]fr.Element, size)
	for i := range scalars {
		seed := sha256.Sum256(fmt.Appendf(nil, "hallmark test validator %d of period %d", i, period))
		scalars[i].SetBytes(seed[:])
	}
	copy(c.secrets[:], scalars)
	_, _, g1, _ := bls.Generators()
	points := bls.BatchScalarMultiplicationG1(&g1, scalars)
	var sum bls.G1Jac
	leaves := make([]node, size)
	for i := range points {
		c.keys[i] = points[i].Bytes()
		leaves[i] = keyRoot(c.keys[i])
		sum.AddMixed(&points[i])
	}
	var all bls.G1Affine
	all.FromJacobian(&sum)
	c.aggregate = all.Bytes()
	c.root = pair(root(leaves...), keyRoot(c.aggregate))
	return c
}

func keyRoot(key [48]byte) node {
	var padded [64]byte
	copy(padded[:], key[:])
	return sha256.Sum256(padded[:])
}

// sign signs a root for all but some: three validators are away, others at each slot.
func (c *committee) sign(message node, slot uint64) (bits [size / 8]byte, signature [96]byte, err error) {
	var secret fr.Element
	for i := range c.secrets {
		if k := uint64(i) + slot; k%171 == 0 {
			continue
		}
		bits[i/8] |= 1 << (i % 8)
		secret.Add(&secret, &c.secrets[i])
	}
	point, err := bls.HashToG2(message[:], []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"))
	if err != nil {
		return bits, signature, err
	}
	point.ScalarMultiplication(&point, secret.BigInt(new(big.Int)))
	return bits, point.Bytes(), nil
}

// validatorsRoot is the genesis_validators_root.
var validatorsRoot = node(sha256.Sum256([]byte("hallmark test validators")))

// forkVersion is the version of fulu here, the only fork that anything is signed under.
var forkVersion = [4]byte{0x06, 0, 0, 0xfe}

// signingRoot returns what a committee signs over a block root.
func (b *Beacon) signingRoot(block node) node {
	var version, domain node
	copy(version[:], forkVersion[:])
	data := pair(version, b.validatorsRoot())
	domain[0] = 7 // DOMAIN_SYNC_COMMITTEE
	copy(domain[4:], data[:28])
	return pair(block, domain)
}

// validatorsRoot differs from chain to chain.
func (b *Beacon) validatorsRoot() node { return pair(validatorsRoot, chunk(b.chainID)) }
