package verifier

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
)

// The CBOR form of a proof says what the file says in half the bytes: maps with
// small integers for keys, byte strings for hex, and each Merkle path as one byte
// string. It is in RFC 8949's core deterministic encoding, so a proof has one form.
// docs/spec.md specifies it.
type (
	proofCBOR struct {
		Hallmark   uint64         `cbor:"1,keyasint"`
		Credential []byte         `cbor:"2,keyasint"` // binary CID
		Salt       Hash           `cbor:"3,keyasint"`
		Submission submissionCBOR `cbor:"4,keyasint"`
		Batch      *[]byte        `cbor:"5,keyasint,omitempty"` // path
		Anchors    []anchorCBOR   `cbor:"6,keyasint,omitempty"`
		Hints      *hintsCBOR     `cbor:"7,keyasint,omitempty"`
	}
	submissionCBOR struct {
		Issuer    Address   `cbor:"1,keyasint"`
		Chain     uint64    `cbor:"2,keyasint"` // of the home registry
		Registry  Address   `cbor:"3,keyasint"`
		Count     uint64    `cbor:"4,keyasint"`
		IssuedAt  uint64    `cbor:"5,keyasint"`
		Path      []byte    `cbor:"6,keyasint"`
		Signature Signature `cbor:"7,keyasint"`

		Identity []identityCBOR `cbor:"8,keyasint,omitempty"`
	}
	anchorCBOR struct {
		Chain        uint64        `cbor:"1,keyasint"`
		Registry     Address       `cbor:"2,keyasint"`
		Header       Bytes         `cbor:"3,keyasint"`
		AccountProof []Bytes       `cbor:"4,keyasint"`
		StorageProof []Bytes       `cbor:"5,keyasint"`
		Status       []statusCBOR  `cbor:"6,keyasint,omitempty"`
		Finality     []voucherCBOR `cbor:"7,keyasint,omitempty"`
	}
	statusCBOR struct {
		_    struct{} `cbor:",toarray"`
		ID   Hash
		Code uint8
		Next Hash
		Path []byte
	}
	hintsCBOR struct {
		Node        string `cbor:"1,keyasint,omitempty"`
		Transaction string `cbor:"2,keyasint,omitempty"`
	}
)

var (
	cborEncoder = must(cbor.EncOptions{
		Sort:          cbor.SortCoreDeterministic,
		IndefLength:   cbor.IndefLengthForbidden,
		TagsMd:        cbor.TagsForbidden,
		TextMarshaler: cbor.TextMarshalerNone,   // hashes and addresses are byte strings here
		NilContainers: cbor.NilContainerAsEmpty, // null is never written, so it is refused where read
	}.EncMode())
	cborDecoder = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   6,
		MaxArrayElements:  MaxTrieNodes,
		MaxMapPairs:       16,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode())
)

// must returns a value that is built in, so that it cannot be wrong.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// EncodeCBOR returns the CBOR form of the proof.
func (p *Proof) EncodeCBOR() ([]byte, error) {
	s := &p.Submission
	w := proofCBOR{
		Hallmark: 1, Credential: p.Credential.Bytes(), Salt: p.Salt,
		Submission: submissionCBOR{
			s.Issuer, uint64(s.Home.Chain), s.Home.Registry, s.Count, s.IssuedAt, joinPath(s.Path), s.Signature, nil,
		},
	}
	for i := range s.Identity {
		w.Submission.Identity = append(w.Submission.Identity, s.Identity[i].cbor())
	}
	if p.Batch != nil {
		path := joinPath(p.Batch.Path)
		w.Batch = &path
	}
	for i := range p.Anchors {
		a := &p.Anchors[i]
		aw := anchorCBOR{
			Chain: uint64(a.Chain), Registry: a.Registry, Header: a.Header,
			AccountProof: a.AccountProof, StorageProof: a.StorageProof,
		}
		for _, e := range a.Status {
			aw.Status = append(aw.Status, statusCBOR{ID: e.ID, Code: e.Code, Next: e.Next, Path: joinPath(e.Path)})
		}
		for _, f := range a.Finality {
			v, err := newVoucherCBOR(f)
			if err != nil {
				return nil, fmt.Errorf("a voucher: %w", err)
			}
			aw.Finality = append(aw.Finality, v)
		}
		w.Anchors = append(w.Anchors, aw)
	}
	if p.Hints != nil && *p.Hints != (Hints{}) { // a file leaves out empty ones too
		w.Hints = (*hintsCBOR)(p.Hints)
	}
	return cborEncoder.Marshal(w)
}

// ParseProofCBOR reads the CBOR form of a proof. It accepts what [Proof.EncodeCBOR]
// writes for a proof that [ParseProof] accepts, and nothing else. The error is an
// [ErrNotProof] and says what is wrong.
func ParseProofCBOR(data []byte) (*Proof, error) {
	p, err := parseProofCBOR(data)
	if err != nil && !errors.Is(err, ErrNotProof) {
		err = fmt.Errorf("%w: %w", ErrNotProof, err)
	}
	return p, err
}

func parseProofCBOR(data []byte) (*Proof, error) {
	if len(data) > MaxProofSize {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxProofSize)
	}
	var w proofCBOR
	if err := cborDecoder.Unmarshal(data, &w); err != nil {
		return nil, err
	}
	if w.Hallmark != 1 {
		return nil, fmt.Errorf("version %d of the format: this needs a newer verifier", w.Hallmark)
	}
	p, err := w.proof()
	if err != nil {
		return nil, err
	}
	// One place knows the rules: what would not do as a file does not do here.
	file, err := p.Encode()
	if err != nil {
		return nil, err
	}
	if p, err = ParseProof(file); err != nil {
		return nil, err
	}
	again, err := p.EncodeCBOR()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, errors.New("not the deterministic CBOR of its content")
	}
	return p, nil
}

func (w *proofCBOR) proof() (*Proof, error) {
	id, err := cid.Cast(w.Credential)
	if err == nil {
		id, err = credential.ParseCID(id.String())
	}
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	s := &w.Submission
	p := &Proof{Credential: id, Salt: w.Salt, Submission: Submission{
		Issuer: s.Issuer, Home: Home{ChainID(s.Chain), s.Registry}, Count: s.Count, IssuedAt: s.IssuedAt, Signature: s.Signature,
	}}
	if p.Submission.Path, err = splitPath(s.Path); err != nil {
		return nil, fmt.Errorf("submission: %w", err)
	}
	for i := range s.Identity {
		entry, err := s.Identity[i].entry()
		if err != nil {
			return nil, err
		}
		p.Submission.Identity = append(p.Submission.Identity, entry)
	}
	if w.Batch != nil {
		p.Batch = &Batch{}
		if p.Batch.Path, err = splitPath(*w.Batch); err != nil {
			return nil, fmt.Errorf("batch: %w", err)
		}
	}
	for i := range w.Anchors {
		aw := &w.Anchors[i]
		a := Anchor{
			Chain: ChainID(aw.Chain), Registry: aw.Registry, Header: aw.Header,
			AccountProof: aw.AccountProof, StorageProof: aw.StorageProof,
		}
		for _, e := range aw.Status {
			path, err := splitPath(e.Path)
			if err != nil {
				return nil, fmt.Errorf("anchors[%d]: status: %w", i, err)
			}
			a.Status = append(a.Status, StatusEntry{e.ID, e.Code, e.Next, path})
		}
		for _, f := range aw.Finality {
			a.Finality = append(a.Finality, f.voucher())
		}
		p.Anchors = append(p.Anchors, a)
	}
	p.Hints = (*Hints)(w.Hints)
	return p, nil
}

func joinPath(path []Hash) []byte {
	b := make([]byte, 0, len(path)*merkle.Size)
	for i := range path {
		b = append(b, path[i][:]...)
	}
	return b
}

func splitPath(b []byte) ([]Hash, error) {
	if len(b)%merkle.Size != 0 || len(b) > MaxPath*merkle.Size {
		return nil, fmt.Errorf("a path of %d bytes, want up to %d hashes of %d", len(b), MaxPath, merkle.Size)
	}
	path := make([]Hash, 0, len(b)/merkle.Size)
	for ; len(b) > 0; b = b[merkle.Size:] {
		path = append(path, Hash(b))
	}
	return path, nil
}

// Embed returns a file with the proof in it, in the CBOR form; an older one that it
// carried is replaced. The proof must be about the file, or the badge that the file
// carries. The credential keeps its CID. See [credential.Embed] for where the proof goes.
func Embed(file []byte, p *Proof) ([]byte, error) {
	covers, err := credential.Matches(p.Credential, bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if covers == credential.CoversNothing {
		return nil, errors.New("the proof is about another credential, or the file was changed since")
	}
	data, err := p.EncodeCBOR()
	if err != nil {
		return nil, err
	}
	form, err := credential.FormOf(p.Credential)
	if err != nil {
		return nil, err
	}
	return credential.Embed(file, data, form)
}

// Extract returns the proof that a file carries, and what the file is without it. Whether the
// proof is about the file is for [Verifier.Verify] to say, to which the file, or the one
// without its proof, may be given as the document.
//
// The error wraps [credential.ErrNoProof] if the file carries none. Any other says why
// what it carries is not taken.
func Extract(file []byte) (*Proof, *credential.Carried, error) {
	c, err := credential.Extract(file)
	if err != nil {
		return nil, nil, err
	}
	p, err := ParseProofCBOR(c.Proof)
	if err != nil {
		return nil, nil, fmt.Errorf("the proof in the file: %w", err)
	}
	if form, err := credential.FormOf(p.Credential); err != nil || form != c.Form {
		return nil, nil, errors.New("the proof in the file does not stand where one of its kind does")
	}
	return p, c, nil
}
