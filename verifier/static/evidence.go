package static

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// States of a batch in a folder.
const (
	Batched = "batched" // it has no evidence yet
	Final   = "final"
)

// Evidence is what chains say of a batch and of one issuer in it: what the proofs of a submission
// share.
type Evidence struct {
	State   string            `json:"state"`
	Anchors []verifier.Anchor `json:"anchors,omitzero"` // without status entries; the one at home first
	Hints   *verifier.Hints   `json:"hints,omitzero"`
	Lists   []merkle.Hash     `json:"lists,omitzero"` // those of the status lists behind the anchors that the folder has, by root
}

// EvidencePath is the path of the evidence of a batch for an issuer whose submissions are at home
// on a chain.
func EvidencePath(batch uint64, issuer verifier.Address, home verifier.ChainID) string {
	return fmt.Sprintf("batches/%d/%s-%d", batch, hexOf(issuer), uint64(home))
}

func readEvidence(path string, data []byte) (*Evidence, error) {
	var e Evidence
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, damaged(path, "it is no evidence")
	}
	switch {
	case e.State == Batched:
		return &Evidence{State: Batched}, nil
	case e.State != Final || len(e.Anchors) == 0 || len(e.Anchors) > verifier.MaxAnchors:
		return nil, damaged(path, "it has no anchors, or too many")
	}
	return &e, nil
}

// Issuer is what the newest evidence in a folder says of an issuer in one registry.
type Issuer struct {
	Time        uint64      `json:"time"`        // of the block, Unix seconds
	Version     uint64      `json:"version"`     // of the issuer's status list, 0 while there is none
	Root        merkle.Hash `json:"root"`        // of that list
	RetiredFrom uint64      `json:"retiredFrom"` // Unix seconds, 0 while the key is in use
	Known       bool        `json:"known"`       // whether the folder has the list
}

// IssuerPath is the path of what is known of an issuer in a registry.
func IssuerPath(issuer verifier.Address, home verifier.Home) string {
	return fmt.Sprintf("issuers/%s/%d-%s", hexOf(issuer), uint64(home.Chain), hexOf(home.Registry))
}

// ListPath is the path of a status list: its items, ascending, each an id and a code.
func ListPath(root merkle.Hash) string { return "lists/" + root.String() }

const recordSize = merkle.Size + 1

// AppendList appends the form of a status list.
func AppendList(dst []byte, items []verifier.StatusItem) []byte {
	dst = slices.Grow(dst, len(items)*recordSize)
	for _, i := range items {
		dst = append(append(dst, i.ID[:]...), i.Code)
	}
	return dst
}

// readList reads the status list that has a root.
func readList(path string, data []byte, root merkle.Hash) (*verifier.StatusList, error) {
	if len(data)%recordSize != 0 {
		return nil, damaged(path, "%d bytes are no records of %d", len(data), recordSize)
	}
	items := make([]verifier.StatusItem, 0, len(data)/recordSize)
	for ; len(data) > 0; data = data[recordSize:] {
		items = append(items, verifier.StatusItem{ID: merkle.Hash(data), Code: data[merkle.Size]})
	}
	list, err := verifier.NewStatusList(items)
	if err != nil {
		return nil, damaged(path, "%v", err)
	}
	if list.Root() != root {
		return nil, damaged(path, "its root is %s", list.Root())
	}
	return list, nil
}

// hexOf writes an address as names of files have it, where capitals may not count.
func hexOf(a verifier.Address) string { return "0x" + hex.EncodeToString(a[:]) }
