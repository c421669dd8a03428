package anchortest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/verifier"
)

// Badge is a credential: a document, its salt and its leaf.
type Badge struct {
	Document []byte
	Salt     merkle.Hash
	Leaf     merkle.Hash
}

// NewBadge makes a badge, another one for each seed.
func NewBadge(seed uint64) (Badge, error) {
	doc := binary.BigEndian.AppendUint64([]byte("badge "), seed)
	c, err := credential.Sum(bytes.NewReader(doc), credential.FormRaw, "")
	if err != nil {
		return Badge{}, err
	}
	salt := merkle.Keccak256([]byte("salt"), doc)
	return Badge{doc, salt, verifier.Leaf(c.Bytes(), salt)}, nil
}

// Sign makes a submission of leaves, which it sorts.
func Sign(key *ecdsa.PrivateKey, home verifier.Home, leaves ...merkle.Hash) (*publish.Submission, error) {
	slices.SortFunc(leaves, merkle.Compare)
	tree, err := merkle.FromSorted(leaves)
	if err != nil {
		return nil, err
	}
	s := &publish.Submission{
		Issuer: verifier.Address(crypto.PubkeyToAddress(key.PublicKey)), Home: home,
		Root: tree.Root(), Count: uint64(len(leaves)), IssuedAt: 1767225600, Leaves: leaves,
	}
	s.Signature, err = chain.NewKey(key).SignDigest(verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt))
	return s, err
}

// Offline verifies badges by what nodes serve, as anybody does offline: trusting only blocks that
// are in the chain now. It may be used by many goroutines.
type Offline struct {
	Home verifier.Home

	chain   *ethclient.Client
	genesis verifier.Hash
}

// NewOffline is for the badges that are anchored on a chain.
func NewOffline(ctx context.Context, c *testnet.Chain, client *ethclient.Client) (*Offline, error) {
	genesis, err := client.HeaderByNumber(ctx, new(big.Int))
	if err != nil {
		return nil, err
	}
	home := verifier.Home{Chain: verifier.ChainID(c.ChainID), Registry: verifier.Address(c.Registry)}
	return &Offline{home, client, verifier.Hash(genesis.Hash())}, nil
}

// Verify returns the verdict on a badge of a submission by the proof that a node has. With fresh the
// node asks the chain for the issuer's status.
func (o *Offline) Verify(ctx context.Context, node *client.Client, id merkle.Hash, b Badge, fresh bool) (*verifier.Report, error) {
	p, err := node.ProofIn(ctx, id, b.Leaf, fresh)
	if err != nil {
		return nil, err
	}
	if len(p.Anchors) == 0 {
		return nil, fmt.Errorf("the proof of %s is %s, without an anchor", id, p.State)
	}
	c, err := credential.Sum(bytes.NewReader(b.Document), credential.FormRaw, "")
	if err != nil {
		return nil, err
	}
	whole := verifier.Proof{
		Credential: c, Salt: b.Salt, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints,
	}
	file, err := whole.Encode()
	if err != nil {
		return nil, err
	}
	proof, err := verifier.ParseProof(file)
	if err != nil {
		return nil, err
	}
	header, err := verifier.ParseHeader(proof.Anchors[0].Header)
	if err != nil {
		return nil, err
	}
	canonical, err := o.chain.HeaderByNumber(ctx, new(big.Int).SetUint64(header.Number))
	if err != nil {
		return nil, fmt.Errorf("block %d of the proof: %w", header.Number, err)
	}
	v, err := verifier.New(verifier.Options{
		Now: func() time.Time { return time.Unix(int64(header.Time), 0) }, AllowTest: true,
		Trust: &verifier.Trust{
			Chains: map[verifier.ChainID]*verifier.TrustedChain{o.Home.Chain: {
				Name: "test", Test: true, Genesis: o.genesis, Registries: []verifier.Address{o.Home.Registry},
				Blocks: map[uint64]verifier.Hash{header.Number: verifier.Hash(canonical.Hash())},
			}},
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {Name: "school", IDs: []string{verifier.AnyIssuer}}},
		},
	})
	if err != nil {
		return nil, err
	}
	return v.Verify(proof, bytes.NewReader(b.Document)), nil
}
