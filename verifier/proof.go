package verifier

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
)

// Limits of a proof file. Each bounds what a hostile file can make a reader do.
const (
	MaxProofSize     = 1 << 20 // bytes of the file
	MaxPath          = 64      // steps of a Merkle path
	MaxAnchors       = 16      // anchors in one proof
	MaxStatusEntries = 4       // status entries of one anchor
	MaxTrieNodes     = 128     // account and storage trie nodes of one anchor
	MaxHeaderSize    = 4096    // bytes of a block header
	MaxVouchers      = 8       // vouchers for one header
)

// Proof is what a *.proof.json file says: everything from one credential to the
// chain's evidence of its anchor. Nothing that can be computed is in it. A proof
// that came from [ParseProof] is well formed; whether it is true is for
// [Verifier.Verify] to say.
type Proof struct {
	Credential cid.Cid // what the proof is about
	Salt       Hash    // zero for a discoverable credential
	Submission Submission
	Batch      *Batch   // nil while pending
	Anchors    []Anchor // empty while pending; at most one for each chain
	Hints      *Hints   // nil if there are none
}

// Submission is one issuer's signed Merkle tree, as seen from one leaf.
type Submission struct {
	Issuer    Address   `json:"issuer"`
	Home      Home      `json:"home"`     // the registry that the signature is for
	Count     uint64    `json:"count"`    // leaves in the tree
	IssuedAt  uint64    `json:"issuedAt"` // the issuer's claim, Unix seconds
	Path      []Hash    `json:"path"`     // from the leaf up to the submission's root
	Signature Signature `json:"signature"`
}

// Batch is the tree of submissions whose root is anchored, as seen from one
// submission.
type Batch struct {
	Path []Hash `json:"path"` // from the submission's id up to the batch root
}

// Anchor is one chain's evidence that a batch root is recorded there.
type Anchor struct {
	Chain        ChainID       `json:"chain"`
	Registry     Address       `json:"registry"`
	Header       Bytes         `json:"header"`           // RLP of the block header at which the state was read
	AccountProof []Bytes       `json:"accountProof"`     // nodes of the state trie, for the registry's account
	StorageProof []Bytes       `json:"storageProof"`     // nodes of the registry's storage trie, each once
	Status       []StatusEntry `json:"status,omitempty"` // absent while the issuer has no status list
	Finality     []Voucher     `json:"finality,omitempty"`
}

// StatusEntry is one entry of an issuer's status list with its path to the
// list's root. It says that ID has Code, and that no id lies between ID and
// Next.
type StatusEntry struct {
	ID   Hash   `json:"id"`
	Code uint8  `json:"code"`
	Next Hash   `json:"next"`
	Path []Hash `json:"path"`
}

// Codes of a status entry. The first entry of a list has the zero id and
// [StatusNone].
const (
	StatusNone      uint8 = 0
	StatusSuspended uint8 = 1
	StatusRevoked   uint8 = 2
)

// Voucher is one member of an anchor's "finality": a JSON object with a "kind".
// Kinds that the verifier does not know are kept and ignored.
type Voucher = jsontext.Value

// Hints are conveniences for tools. Nothing in them is ever believed.
type Hints struct {
	Node        string `json:"node,omitempty"`        // URL of the node that served the proof
	Transaction string `json:"transaction,omitempty"` // hash of the anchoring transaction
}

// ErrNotProof says that a file is not a proof at all, as opposed to a proof
// that does not hold.
var ErrNotProof = errors.New("not a proof file")

// proofJSON is the wire form. Pointers tell a missing member from a zero one.
type proofJSON struct {
	Hallmark   *uint64         `json:"hallmark"`
	Credential *string         `json:"credential"`
	Salt       *Hash           `json:"salt"`
	Submission *submissionJSON `json:"submission"`
	Batch      *Batch          `json:"batch,omitempty"`
	Anchors    *[]anchorJSON   `json:"anchors,omitempty"`
	Hints      *Hints          `json:"hints,omitempty"`
}

type submissionJSON struct {
	Issuer    *Address   `json:"issuer"`
	Home      *Home      `json:"home"`
	Count     *uint64    `json:"count"`
	IssuedAt  *uint64    `json:"issuedAt"`
	Path      *[]Hash    `json:"path"`
	Signature *Signature `json:"signature"`
}

type anchorJSON struct {
	Chain        *ChainID           `json:"chain"`
	Registry     *Address           `json:"registry"`
	Header       *Bytes             `json:"header"`
	AccountProof *[]Bytes           `json:"accountProof"`
	StorageProof *[]Bytes           `json:"storageProof"`
	Status       *[]statusEntryJSON `json:"status,omitempty"`
	Finality     *[]Voucher         `json:"finality,omitempty"`
}

type statusEntryJSON struct {
	ID   *Hash   `json:"id"`
	Code *uint8  `json:"code"`
	Next *Hash   `json:"next"`
	Path *[]Hash `json:"path"`
}

// ParseProof reads a proof file strictly: unknown, repeated, differently-cased
// and missing members are refused, and so is whatever exceeds the limits. The
// error is an [ErrNotProof] and says what is wrong.
func ParseProof(data []byte) (*Proof, error) {
	p, err := parseProof(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotProof, err)
	}
	return p, nil
}

func parseProof(data []byte) (*Proof, error) {
	if len(data) > MaxProofSize {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxProofSize)
	}
	var w proofJSON
	if err := decodeStrict(data, &w); err != nil {
		return nil, err
	}
	if w.Hallmark == nil {
		return nil, errMissing("hallmark")
	}
	if *w.Hallmark != 1 {
		return nil, fmt.Errorf("version %d of the format: this needs a newer verifier", *w.Hallmark)
	}
	p := &Proof{Hints: w.Hints}
	if w.Credential == nil || w.Salt == nil || w.Submission == nil {
		return nil, errMissing("credential, salt or submission")
	}
	var err error
	if p.Credential, err = credential.ParseCID(*w.Credential); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	p.Salt = *w.Salt
	if p.Submission, err = w.Submission.value(); err != nil {
		return nil, fmt.Errorf("submission: %w", err)
	}
	if (w.Batch == nil) != (w.Anchors == nil) {
		return nil, errors.New("batch and anchors come together, or both are absent while pending")
	}
	if w.Batch == nil {
		return p, nil
	}
	if w.Batch.Path == nil {
		return nil, errMissing("batch.path")
	}
	if len(w.Batch.Path) > MaxPath {
		return nil, errTooMany("batch.path", len(w.Batch.Path), MaxPath)
	}
	p.Batch = w.Batch
	if n := len(*w.Anchors); n == 0 || n > MaxAnchors {
		return nil, fmt.Errorf("anchors: has %d, want 1 to %d", n, MaxAnchors)
	}
	chains := make(map[ChainID]bool)
	for i, aw := range *w.Anchors {
		a, err := aw.value()
		if err != nil {
			return nil, fmt.Errorf("anchors[%d]: %w", i, err)
		}
		if chains[a.Chain] {
			return nil, fmt.Errorf("anchors[%d]: a second one for %s", i, a.Chain)
		}
		chains[a.Chain] = true
		p.Anchors = append(p.Anchors, a)
	}
	return p, nil
}

func (w *submissionJSON) value() (Submission, error) {
	if w.Issuer == nil || w.Home == nil || w.Count == nil || w.IssuedAt == nil || w.Path == nil || w.Signature == nil {
		return Submission{}, errMissing("issuer, home, count, issuedAt, path or signature")
	}
	if *w.Count == 0 {
		return Submission{}, errors.New("count is 0: there is no such tree")
	}
	if len(*w.Path) > MaxPath {
		return Submission{}, errTooMany("path", len(*w.Path), MaxPath)
	}
	return Submission{*w.Issuer, *w.Home, *w.Count, *w.IssuedAt, *w.Path, *w.Signature}, nil
}

func (w *anchorJSON) value() (Anchor, error) {
	var a Anchor
	if w.Chain == nil || w.Registry == nil || w.Header == nil || w.AccountProof == nil || w.StorageProof == nil {
		return a, errMissing("chain, registry, header, accountProof or storageProof")
	}
	a = Anchor{Chain: *w.Chain, Registry: *w.Registry, Header: *w.Header, AccountProof: *w.AccountProof, StorageProof: *w.StorageProof}
	if len(a.Header) > MaxHeaderSize {
		return a, errTooMany("header", len(a.Header), MaxHeaderSize)
	}
	if n := len(a.AccountProof) + len(a.StorageProof); n > MaxTrieNodes {
		return a, errTooMany("accountProof and storageProof", n, MaxTrieNodes)
	}
	if w.Status != nil {
		if n := len(*w.Status); n == 0 || n > MaxStatusEntries {
			return a, fmt.Errorf("status: has %d entries, want 1 to %d or no such member", n, MaxStatusEntries)
		}
		for i, e := range *w.Status {
			if e.ID == nil || e.Code == nil || e.Next == nil || e.Path == nil {
				return a, errMissing(fmt.Sprintf("id, code, next or path of status[%d]", i))
			}
			if len(*e.Path) > MaxPath {
				return a, errTooMany(fmt.Sprintf("status[%d].path", i), len(*e.Path), MaxPath)
			}
			a.Status = append(a.Status, StatusEntry{*e.ID, *e.Code, *e.Next, *e.Path})
		}
	}
	if w.Finality != nil {
		if n := len(*w.Finality); n > MaxVouchers {
			return a, errTooMany("finality", n, MaxVouchers)
		}
		a.Finality = *w.Finality
	}
	for i, f := range a.Finality {
		if _, err := voucherKind(f); err != nil {
			return a, fmt.Errorf("finality[%d]: %w", i, err)
		}
	}
	return a, nil
}

func errMissing(what string) error { return fmt.Errorf("%s is missing", what) }

func errTooMany(what string, n, limit int) error {
	return fmt.Errorf("%s: %d, at most %d are allowed", what, n, limit)
}

// Pending reports whether the proof waits for its anchor.
func (p *Proof) Pending() bool { return p.Batch == nil }

// Leaf returns the salted commitment to the credential.
func (p *Proof) Leaf() Hash { return Leaf(p.Credential.Bytes(), p.Salt) }

// Encode returns the proof as a file: members in the order of the format, two
// spaces of indent, a final line feed.
func (p *Proof) Encode() ([]byte, error) {
	type wire struct {
		Hallmark   int        `json:"hallmark"`
		Credential string     `json:"credential"`
		Salt       Hash       `json:"salt"`
		Submission Submission `json:"submission"`
		Batch      *Batch     `json:"batch,omitempty"`
		Anchors    []Anchor   `json:"anchors,omitempty"`
		Hints      *Hints     `json:"hints,omitempty"`
	}
	return encode(wire{1, p.Credential.String(), p.Salt, p.Submission, p.Batch, p.Anchors, p.Hints})
}
