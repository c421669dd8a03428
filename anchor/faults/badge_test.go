package faults_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// badge is a credential: a document, its salt and its leaf.
type badge struct {
	document []byte
	salt     merkle.Hash
	leaf     merkle.Hash
}

func newBadge(seed uint64) (badge, error) {
	doc := binary.BigEndian.AppendUint64([]byte("badge "), seed)
	c, err := credential.Sum(bytes.NewReader(doc), credential.FormRaw, "")
	if err != nil {
		return badge{}, err
	}
	salt := merkle.Keccak256([]byte("salt"), doc)
	return badge{doc, salt, verifier.Leaf(c.Bytes(), salt)}, nil
}

// sign makes a submission of one leaf.
func sign(key *ecdsa.PrivateKey, home verifier.Home, leaf merkle.Hash) (*publish.Submission, error) {
	s := &publish.Submission{
		Issuer: verifier.Address(crypto.PubkeyToAddress(key.PublicKey)), Home: home,
		Root: leaf, Count: 1, IssuedAt: 1767225600, Leaves: []merkle.Hash{leaf},
	}
	var err error
	s.Signature, err = chain.NewKey(key).SignDigest(verifier.SubmissionDigest(home, s.Root, s.Count, s.IssuedAt))
	return s, err
}

// verify verifies a badge with what the node serves, as anybody does offline:
// trusting only blocks that are in the chain now. It returns the verdict.
func (w *world) verify(ctx context.Context, id merkle.Hash, b badge) (*verifier.Report, error) {
	w.mu.Lock()
	client := w.process.Client
	w.mu.Unlock()
	p, err := client.ProofIn(ctx, id, b.leaf, false)
	if err != nil {
		return nil, err
	}
	if len(p.Anchors) == 0 {
		return nil, fmt.Errorf("the proof of %s is %s, without an anchor", id, p.State)
	}
	c, err := credential.Sum(bytes.NewReader(b.document), credential.FormRaw, "")
	if err != nil {
		return nil, err
	}
	whole := verifier.Proof{
		Credential: c, Salt: b.salt, Submission: p.Submission, Batch: p.Batch, Anchors: p.Anchors, Hints: p.Hints,
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
	canonical, err := w.eth.HeaderByNumber(ctx, new(big.Int).SetUint64(header.Number))
	if err != nil {
		return nil, fmt.Errorf("block %d of the proof: %w", header.Number, err)
	}
	v, err := verifier.New(verifier.Options{
		Now: func() time.Time { return time.Unix(int64(header.Time), 0) }, AllowTest: true,
		Trust: &verifier.Trust{
			Chains: map[verifier.ChainID]*verifier.TrustedChain{w.home.Chain: {
				Name: "test", Test: true, Genesis: w.genesis, Registries: []verifier.Address{w.home.Registry},
				Blocks: map[uint64]verifier.Hash{header.Number: verifier.Hash(canonical.Hash())},
			}},
			Issuers: map[verifier.Address]*verifier.TrustedIssuer{p.Submission.Issuer: {Name: "school", IDs: []string{verifier.AnyIssuer}}},
		},
	})
	if err != nil {
		return nil, err
	}
	return v.Verify(proof, bytes.NewReader(b.document)), nil
}
