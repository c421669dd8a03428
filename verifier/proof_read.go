package verifier

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
)

// proofReader reads a proof file token by token: the JSON library's reflection
// would take longer than all else that a verifier does. It refuses what
// [decodeStrict] refuses. Every method reads one value. One goroutine uses it at a
// time; take it from the pool and put it back.
type proofReader struct {
	d     *jsontext.Decoder
	path  [MaxPath]Hash // of the path that is read, before its length is known
	bytes []byte        // what is left of the one buffer for all binary data of the proof
	text  []byte        // an unescaped string
}

var proofReaders = sync.Pool{New: func() any {
	return &proofReader{d: jsontext.NewDecoder(new(bytes.Buffer))}
}}

func parseProof(data []byte) (*Proof, error) {
	if len(data) > MaxProofSize {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxProofSize)
	}
	r := proofReaders.Get().(*proofReader)
	defer proofReaders.Put(r)
	r.d.Reset(bytes.NewBuffer(data))
	r.bytes = make([]byte, len(data)/2)
	defer func() { // keep nothing of this file
		r.d.Reset(new(bytes.Buffer))
		r.bytes = nil
	}()
	p, err := r.proof()
	if err != nil {
		return nil, plain(err)
	}
	if rest := bytes.TrimLeft(data[r.d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, fmt.Errorf("something follows the proof, at byte %d", len(data)-len(rest))
	}
	return p, nil
}

func (r *proofReader) proof() (*Proof, error) {
	p := &Proof{}
	err := r.object([]string{"hallmark", "credential", "salt", "submission"}, func(name []byte) (err error) {
		switch string(name) {
		case "hallmark":
			var version uint64
			if version, err = r.integer(maxInteger); err == nil && version != 1 {
				err = fmt.Errorf("version %d of the format: this needs a newer verifier", version)
			}
		case "credential":
			var text []byte
			if text, err = r.string(); err != nil {
				return err
			}
			if p.Credential, err = credential.ParseCID(string(text)); err != nil {
				err = fmt.Errorf("credential: %w", err)
			}
		case "salt":
			err = r.value(&p.Salt)
		case "submission":
			err = r.submission(&p.Submission)
		case "batch":
			p.Batch = &Batch{}
			err = r.object([]string{"path"}, func(name []byte) (err error) {
				if string(name) != "path" {
					return unknownMember(name)
				}
				p.Batch.Path, err = r.hashes()
				return err
			})
		case "anchors":
			p.Anchors, err = r.anchors()
		case "hints":
			p.Hints = &Hints{}
			err = r.hints(p.Hints)
		default:
			err = unknownMember(name)
		}
		return err
	})
	if err == nil && (p.Batch == nil) != (p.Anchors == nil) {
		err = errors.New("batch and anchors come together, or both are absent while pending")
	}
	return p, err
}

func (r *proofReader) submission(s *Submission) error {
	return r.object([]string{"issuer", "home", "count", "issuedAt", "path", "signature"}, func(name []byte) (err error) {
		switch string(name) {
		case "issuer":
			err = r.value(&s.Issuer)
		case "home":
			err = r.value(&s.Home)
		case "count":
			if s.Count, err = r.integer(maxInteger); err == nil && s.Count == 0 {
				err = errors.New("submission: count is 0: there is no such tree")
			}
		case "issuedAt":
			s.IssuedAt, err = r.integer(maxInteger)
		case "path":
			s.Path, err = r.hashes()
		case "signature":
			err = r.value(&s.Signature)
		default:
			err = unknownMember(name)
		}
		return err
	})
}

func (r *proofReader) anchors() ([]Anchor, error) {
	anchors := make([]Anchor, 0, 1)
	err := r.array(MaxAnchors, func() error {
		var a Anchor
		if err := r.anchor(&a); err != nil {
			return err
		}
		if slices.ContainsFunc(anchors, func(b Anchor) bool { return b.Chain == a.Chain }) {
			return fmt.Errorf("%s: a second one for %s", r.d.StackPointer(), a.Chain)
		}
		anchors = append(anchors, a)
		return nil
	})
	if err == nil && len(anchors) == 0 {
		err = fmt.Errorf("anchors: has none, want 1 to %d", MaxAnchors)
	}
	return anchors, err
}

func (r *proofReader) anchor(a *Anchor) error {
	err := r.object([]string{"chain", "registry", "header", "accountProof", "storageProof"}, func(name []byte) (err error) {
		switch string(name) {
		case "chain":
			err = r.value(&a.Chain)
		case "registry":
			err = r.value(&a.Registry)
		case "header":
			if a.Header, err = r.binary(); err == nil && len(a.Header) > MaxHeaderSize {
				err = fmt.Errorf("%s: %d bytes, more than %d", r.d.StackPointer(), len(a.Header), MaxHeaderSize)
			}
		case "accountProof":
			a.AccountProof, err = r.binaries()
		case "storageProof":
			a.StorageProof, err = r.binaries()
		case "status":
			a.Status, err = r.status()
		case "finality":
			a.Finality = []Voucher{}
			err = r.array(MaxVouchers, func() error {
				v, err := r.voucher()
				a.Finality = append(a.Finality, v)
				return err
			})
		default:
			err = unknownMember(name)
		}
		return err
	})
	if n := len(a.AccountProof) + len(a.StorageProof); err == nil && n > MaxTrieNodes {
		err = fmt.Errorf("accountProof and storageProof: %d, at most %d are allowed", n, MaxTrieNodes)
	}
	return err
}

func (r *proofReader) status() ([]StatusEntry, error) {
	entries := make([]StatusEntry, 0, 2)
	err := r.array(MaxStatusEntries, func() error {
		var e StatusEntry
		err := r.object([]string{"id", "code", "next", "path"}, func(name []byte) (err error) {
			switch string(name) {
			case "id":
				err = r.value(&e.ID)
			case "code":
				var code uint64
				code, err = r.integer(0xff)
				e.Code = uint8(code)
			case "next":
				err = r.value(&e.Next)
			case "path":
				e.Path, err = r.hashes()
			default:
				err = unknownMember(name)
			}
			return err
		})
		entries = append(entries, e)
		return err
	})
	if err == nil && len(entries) == 0 {
		err = fmt.Errorf("status: has no entries, want 1 to %d or no such member", MaxStatusEntries)
	}
	return entries, err
}

func (r *proofReader) hints(h *Hints) error {
	return r.object(nil, func(name []byte) error {
		target := &h.Node
		switch string(name) {
		case "node":
		case "transaction":
			target = &h.Transaction
		default:
			return unknownMember(name)
		}
		text, err := r.string()
		*target = string(text)
		return err
	})
}

// voucher reads an object that has a kind; the rest of it is for later versions.
func (r *proofReader) voucher() (Voucher, error) {
	depth := r.d.StackDepth()
	raw, err := r.d.ReadValue()
	if err != nil {
		return nil, err
	}
	at := r.d.StackPointer()
	v := bytes.Clone(raw) // the decoder reuses its own
	if err := checkJSON(v, maxDepth-depth); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	if _, err := voucherKind(v); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return v, nil
}

// object reads an object. member is called with each name, which is valid until
// it reads the value. The members of required must be there.
func (r *proofReader) object(required []string, member func(name []byte) error) error {
	if err := r.begin('{'); err != nil {
		return err
	}
	var missing uint // a bit for each that is required
	for i := range required {
		missing |= 1 << i
	}
	for r.d.PeekKind() == '"' {
		raw, err := r.d.ReadValue()
		if err != nil {
			return err
		}
		name, err := r.unquote(raw)
		if err != nil {
			return err
		}
		for i := range required {
			if required[i] == string(name) {
				missing &^= 1 << i
			}
		}
		if err := member(name); err != nil {
			return err
		}
	}
	if _, err := r.d.ReadToken(); err != nil {
		return err
	}
	for i, name := range required {
		if missing&(1<<i) != 0 {
			return errMissing(string(r.d.StackPointer()) + "/" + name)
		}
	}
	return nil
}

// array reads an array of at most limit elements, each of which element reads.
func (r *proofReader) array(limit int, element func() error) error {
	if err := r.begin('['); err != nil {
		return err
	}
	for n := 0; ; n++ {
		switch r.d.PeekKind() {
		case ']':
			_, err := r.d.ReadToken()
			return err
		case 0: // let the decoder say what is wrong
			_, err := r.d.ReadToken()
			return err
		}
		if n == limit {
			return fmt.Errorf("%s: more than the %d that are allowed", r.d.StackPointer().Parent(), limit)
		}
		if err := element(); err != nil {
			return err
		}
	}
}

func (r *proofReader) begin(kind jsontext.Kind) error {
	if err := r.want(kind); err != nil {
		return err
	}
	_, err := r.d.ReadToken()
	return err
}

// want returns an error if the next value is not of a kind.
func (r *proofReader) want(kind jsontext.Kind) error {
	got := r.d.PeekKind()
	if got == kind {
		return nil
	}
	if _, err := r.d.ReadToken(); err != nil { // what is no JSON at all, or to name the place
		return err
	}
	at := string(r.d.StackPointer())
	switch {
	case got == 'n':
		return fmt.Errorf("%s is null: leave the member out instead", at)
	case at == "":
		at = "the file"
	}
	return fmt.Errorf("%s: not a value of the right kind", at)
}

// string reads a string. It is valid until the next value is read.
func (r *proofReader) string() ([]byte, error) {
	if err := r.want('"'); err != nil {
		return nil, err
	}
	raw, err := r.d.ReadValue()
	if err != nil {
		return nil, err
	}
	return r.unquote(raw)
}

func (r *proofReader) unquote(raw []byte) (text []byte, err error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	r.text, err = jsontext.AppendUnquote(r.text[:0], raw)
	return r.text, err
}

// integer reads a number that is written as digits only and is at most limit.
func (r *proofReader) integer(limit uint64) (uint64, error) {
	if err := r.want('0'); err != nil {
		return 0, err
	}
	raw, err := r.d.ReadValue()
	if err != nil {
		return 0, err
	}
	n, ok := plainInteger(raw)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s: %.40s is not an integer from 0 to 2^53-1", r.d.StackPointer(), raw)
	case n > limit:
		return 0, fmt.Errorf("%s: %d is more than %d", r.d.StackPointer(), n, limit)
	}
	return n, nil
}

// value reads a string into what has a text form.
func (r *proofReader) value(v interface{ UnmarshalText(text []byte) error }) error {
	text, err := r.string()
	if err != nil {
		return err
	}
	if err := v.UnmarshalText(text); err != nil {
		return fmt.Errorf("%s: %w", r.d.StackPointer(), err)
	}
	return nil
}

// hashes reads a Merkle path.
func (r *proofReader) hashes() ([]Hash, error) {
	path := r.path[:0]
	err := r.array(MaxPath, func() error {
		path = path[:len(path)+1]
		return r.value(&path[len(path)-1])
	})
	return append(make([]Hash, 0, len(path)), path...), err
}

// binary reads hexadecimal data.
func (r *proofReader) binary() (Bytes, error) {
	text, err := r.string()
	if err != nil {
		return nil, err
	}
	if len(text) < 2 {
		return nil, fmt.Errorf("%s: %w", r.d.StackPointer(), errHex)
	}
	// Two digits a byte, so the buffer is long enough for all strings of the file.
	n := (len(text) - 2) / 2
	b := r.bytes[:n:n]
	r.bytes = r.bytes[n:]
	if err := decodeHex(b, text); err != nil {
		return nil, fmt.Errorf("%s: %w", r.d.StackPointer(), err)
	}
	return b, nil
}

func (r *proofReader) binaries() ([]Bytes, error) {
	all := make([]Bytes, 0, 16)
	err := r.array(MaxTrieNodes, func() error {
		b, err := r.binary()
		all = append(all, b)
		return err
	})
	return all, err
}

func unknownMember(name []byte) error {
	return fmt.Errorf("the member %q is not one of this format", name)
}

func errMissing(what string) error { return fmt.Errorf("%s is missing", what) }
