package api

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/golang-lru/v2"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// proofAnswer is the JSON form of a client.LeafProof with evidence that is encoded already.
type proofAnswer struct {
	State        anchor.State        `json:"state"`
	SubmissionID merkle.Hash         `json:"submissionId"`
	Submission   verifier.Submission `json:"submission"`
	Batch        *verifier.Batch     `json:"batch,omitzero"`
	Anchors      []anchorAnswer      `json:"anchors,omitzero"`
	Hints        *verifier.Hints     `json:"hints,omitzero"`
}

// anchorAnswer is the JSON form of a [verifier.Anchor].
type anchorAnswer struct {
	Chain    verifier.ChainID `json:"chain"`
	Registry verifier.Address `json:"registry"`
	evidence
	Status   []verifier.StatusEntry `json:"status,omitempty"`
	Finality []verifier.Voucher     `json:"finality,omitempty"`
}

// evidence is what the proofs of a submission share of an anchor: several times as many
// bytes as the rest of a proof.
type evidence struct {
	Header       jsontext.Value `json:"header"`
	AccountProof jsontext.Value `json:"accountProof"`
	StorageProof jsontext.Value `json:"storageProof"`
}

// evidenceKey names the evidence of a submission on a chain: as of a block header.
type evidenceKey struct {
	submission merkle.Hash
	chain      verifier.ChainID
	header     string
}

// maxEvidence is how much encoded evidence is kept: of mainnet's size, 16 MB.
const maxEvidence = 1 << 10

// encoder encodes proofs, and the evidence that they share once. It may be used by
// several goroutines.
type encoder struct {
	known *lru.Cache[evidenceKey, evidence] // locks itself
}

func newEncoder() encoder {
	known, err := lru.New[evidenceKey, evidence](maxEvidence)
	if err != nil { // the size is positive
		panic(err)
	}
	return encoder{known}
}

// answer returns the JSON form of a proof.
func (e encoder) answer(p *anchor.LeafProof) (proofAnswer, error) {
	out := proofAnswer{State: p.State, SubmissionID: p.ID, Submission: p.Submission, Batch: p.Batch, Hints: p.Hints}
	for i := range p.Anchors {
		a := &p.Anchors[i]
		encoded, err := e.evidence(p.ID, a)
		if err != nil {
			return proofAnswer{}, err
		}
		out.Anchors = append(out.Anchors, anchorAnswer{a.Chain, a.Registry, encoded, a.Status, a.Finality})
	}
	return out, nil
}

func (e encoder) evidence(submission merkle.Hash, a *verifier.Anchor) (out evidence, err error) {
	key := evidenceKey{submission, a.Chain, string(a.Header)}
	if known, ok := e.known.Get(key); ok {
		return known, nil
	}
	var failed [3]error
	out.Header, failed[0] = json.Marshal(a.Header)
	out.AccountProof, failed[1] = json.Marshal(a.AccountProof)
	out.StorageProof, failed[2] = json.Marshal(a.StorageProof)
	if err := errors.Join(failed[:]...); err != nil {
		return evidence{}, err
	}
	e.known.Add(key, out)
	return out, nil
}
