package verifier

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ipfs/go-cid"
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

	Identity []Identity `json:"identity,omitempty"` // evidence of who the issuer is; may be empty
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

// Hints are conveniences for tools. Nothing in them is ever believed.
type Hints struct {
	Node        string `json:"node,omitempty"`        // URL of the node that served the proof
	Transaction string `json:"transaction,omitempty"` // hash of the anchoring transaction
}

// ErrNotProof says that a file is not a proof at all, as opposed to a proof
// that does not hold.
var ErrNotProof = errors.New("not a proof file")

// ParseProof reads a proof file strictly: unknown, repeated, differently-cased
// and missing members are refused, and so is whatever exceeds the limits. The
// error is an [ErrNotProof] and says what is wrong.
func ParseProof(data []byte) (*Proof, error) {
	var p *Proof
	err := readJSON(data, MaxProofSize, ErrNotProof, func(r *jsonReader) (err error) {
		p, err = r.proof()
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Pending reports whether the proof waits for its anchor.
func (p *Proof) Pending() bool { return p.Batch == nil }

// Leaf returns the salted commitment to the credential.
func (p *Proof) Leaf() Hash { return Leaf(p.Credential.Bytes(), p.Salt) }

// Encode returns the proof as a file: members in the order of the format, two
// spaces of indent, a final line feed.
func (p *Proof) Encode() ([]byte, error) {
	w := newJSONWriter()
	w.begin()
	w.name("hallmark").token(jsontext.Uint(1))
	w.name("credential").string(p.Credential.String())
	w.name("salt").text(p.Salt)
	p.Submission.write(w.name("submission"))
	if p.Batch != nil {
		w.name("batch").begin()
		writeTexts(w.name("path"), p.Batch.Path)
		w.end()
	}
	if len(p.Anchors) > 0 {
		writeArray(w.name("anchors"), p.Anchors, (*Anchor).write)
	}
	if h := p.Hints; h != nil && *h != (Hints{}) {
		w.name("hints").begin()
		if h.Node != "" {
			w.name("node").string(h.Node)
		}
		if h.Transaction != "" {
			w.name("transaction").string(h.Transaction)
		}
		w.end()
	}
	w.end()
	return w.bytes()
}

func (s *Submission) write(w *jsonWriter) {
	w.begin()
	w.name("issuer").text(s.Issuer)
	w.name("home").text(s.Home)
	w.name("count").token(jsontext.Uint(s.Count))
	w.name("issuedAt").token(jsontext.Uint(s.IssuedAt))
	writeTexts(w.name("path"), s.Path)
	w.name("signature").text(s.Signature)
	if len(s.Identity) > 0 {
		writeArray(w.name("identity"), s.Identity, (*Identity).write)
	}
	w.end()
}

func (i *Identity) write(w *jsonWriter) {
	w.begin()
	w.name("kind").string(i.Kind)
	w.name("salt").text(i.Salt)
	writeTexts(w.name("path"), i.Path)
	w.name("evidence").text(i.Evidence)
	w.end()
}

func (a *Anchor) write(w *jsonWriter) {
	w.begin()
	w.name("chain").text(a.Chain)
	w.name("registry").text(a.Registry)
	w.name("header").text(a.Header)
	writeTexts(w.name("accountProof"), a.AccountProof)
	writeTexts(w.name("storageProof"), a.StorageProof)
	if len(a.Status) > 0 {
		writeArray(w.name("status"), a.Status, (*StatusEntry).write)
	}
	if len(a.Finality) > 0 {
		writeArray(w.name("finality"), a.Finality, func(v *Voucher, w *jsonWriter) { w.value(*v) })
	}
	w.end()
}

func (e *StatusEntry) write(w *jsonWriter) {
	w.begin()
	w.name("id").text(e.ID)
	w.name("code").token(jsontext.Uint(uint64(e.Code)))
	w.name("next").text(e.Next)
	writeTexts(w.name("path"), e.Path)
	w.end()
}
