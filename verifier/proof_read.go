package verifier

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/credential"
)

func (r *jsonReader) proof() (*Proof, error) {
	p := &Proof{}
	err := r.object([]string{"hallmark", "credential", "salt", "submission"}, func(name []byte) (err error) {
		switch string(name) {
		case "hallmark":
			err = r.version()
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

func (r *jsonReader) submission(s *Submission) error {
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
		case "identity":
			s.Identity, err = r.identities()
		default:
			err = unknownMember(name)
		}
		return err
	})
}

func (r *jsonReader) anchors() ([]Anchor, error) {
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

func (r *jsonReader) anchor(a *Anchor) error {
	err := r.object([]string{"chain", "registry", "header", "accountProof", "storageProof"}, func(name []byte) (err error) {
		switch string(name) {
		case "chain":
			err = r.value(&a.Chain)
		case "registry":
			err = r.value(&a.Registry)
		case "header":
			if err = r.value(&a.Header); err == nil && len(a.Header) > MaxHeaderSize {
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

func (r *jsonReader) status() ([]StatusEntry, error) {
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

func (r *jsonReader) hints(h *Hints) error {
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

// hashes reads a Merkle path.
func (r *jsonReader) hashes() ([]Hash, error) {
	path := make([]Hash, 0, 16)
	err := r.array(MaxPath, func() error {
		path = append(path, Hash{})
		return r.value(&path[len(path)-1])
	})
	return path, err
}

func (r *jsonReader) binaries() ([]Bytes, error) {
	all := make([]Bytes, 0, 16)
	err := r.array(MaxTrieNodes, func() error {
		all = append(all, nil)
		return r.value(&all[len(all)-1])
	})
	return all, err
}
