package issuer

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusSigner signs the lists of a [StatusRegister].
type StatusSigner struct {
	Key    ed25519.PrivateKey
	Method string // verification method; what stands before its # is the issuer of the lists
}

// Lists are the Bitstring Status Lists that project what an issuer's Hallmark lists say.
type Lists struct {
	AsOf     time.Time // of the oldest of the Hallmark lists
	TTL      time.Duration
	ValidFor time.Duration

	bits map[string][]byte // by purpose
}

// IssuersOf returns in whose lists, and in which registries, the tied credentials stand.
func (s *StatusRegister) IssuersOf() []StatusTarget {
	var targets []StatusTarget
	for _, e := range s.entries {
		for _, t := range e.leaves {
			if !slices.ContainsFunc(targets, func(o StatusTarget) bool { return o.Issuer == t.Issuer && o.Home == t.Home }) {
				targets = append(targets, StatusTarget{Issuer: t.Issuer, Home: t.Home})
			}
		}
	}
	slices.SortFunc(targets, func(a, b StatusTarget) int {
		return strings.Compare(a.Issuer.String()+a.Home.String(), b.Issuer.String()+b.Home.String())
	})
	return targets
}

// Untied returns how many entries were handed out and belong to no leaf yet: no list shows
// anything of them.
func (s *StatusRegister) Untied() (n int) {
	for _, e := range s.entries {
		if len(e.leaves) == 0 {
			n++
		}
	}
	return n
}

// Project marks in lists what an issuer's Hallmark list says of the tied credentials that are
// at home in a registry: what is revoked and suspended, itself or with its whole submission, and
// what was anchored when the key was retired, which no Hallmark verifier takes.
func (s *StatusRegister) Project(ctx context.Context, to *Lists, home verifier.Home, r *Registry) error {
	status, err := r.list(ctx)
	if err != nil {
		return err
	}
	if to.bits == nil {
		to.bits = map[string][]byte{PurposeRevocation: make([]byte, StatusEntries/8), PurposeSuspension: make([]byte, StatusEntries/8)}
	}
	if at := time.Unix(int64(status.Time), 0).UTC(); to.AsOf.IsZero() || at.Before(to.AsOf) {
		to.AsOf = at
	}
	codes := make(map[merkle.Hash]uint8, len(status.Items))
	for _, item := range status.Items {
		codes[item.ID] = item.Code
	}
	for index, e := range s.entries {
		for _, leaf := range e.leaves {
			if leaf.Issuer != r.Issuer || leaf.Home != home {
				continue
			}
			for _, id := range []merkle.Hash{leaf.Leaf, leaf.Submission} {
				switch codes[id] {
				case verifier.StatusRevoked:
					mark(to.bits[PurposeRevocation], index)
				case verifier.StatusSuspended:
					mark(to.bits[PurposeSuspension], index)
				}
			}
			switch {
			case status.RetiredFrom == 0:
			case leaf.AnchoredAt == 0:
				return fault.Remedy(fmt.Errorf("the key %s is retired, and it is not known whether credential %s was anchored before",
					r.Issuer, e.credential), "name its complete proof, too")
			case leaf.AnchoredAt >= status.RetiredFrom:
				mark(to.bits[PurposeRevocation], index)
			}
		}
	}
	return nil
}

// mark sets a bit; the first is the left-most of the first byte.
func mark(bits []byte, i int) { bits[i/8] |= 0x80 >> (i % 8) }

// ListState is what became of the file of a list.
type ListState struct {
	Path    string `json:"file"`
	URL     string `json:"url"`
	Purpose string `json:"purpose"`
	Count   int    `json:"count"` // entries that are set
	Written bool   `json:"written"`
}

// Write signs the lists and writes them into a folder, which is to be published as it is at
// the register's base. The same state gives the same bytes. A file that says the same already,
// and holds for more than half of its time yet, stays as it is.
func (s *StatusRegister) Write(folder string, lists *Lists, by StatusSigner) (states []ListState, err error) {
	for _, purpose := range []string{PurposeRevocation, PurposeSuspension} {
		state := ListState{Path: filepath.Join(folder, purpose+".json"), URL: s.ListURL(purpose), Purpose: purpose}
		for i := range StatusEntries {
			if lists.bits[purpose][i/8]&(0x80>>(i%8)) != 0 {
				state.Count++
			}
		}
		if state.Written, err = s.write(state.Path, purpose, lists, by); err != nil {
			return states, err
		}
		states = append(states, state)
	}
	return states, nil
}

// listCredential is a BitstringStatusListCredential. The order of its members is that of the file.
type listCredential struct {
	Context    []string    `json:"@context"`
	ID         string      `json:"id"`
	Type       []string    `json:"type"`
	Issuer     string      `json:"issuer"`
	ValidFrom  time.Time   `json:"validFrom"`
	ValidUntil time.Time   `json:"validUntil"`
	Subject    listSubject `json:"credentialSubject"`
}

type listSubject struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Purpose string `json:"statusPurpose"`
	Encoded string `json:"encodedList"`
	TTL     int64  `json:"ttl"` // milliseconds
}

func (s *StatusRegister) write(path, purpose string, lists *Lists, by StatusSigner) (bool, error) {
	next := s.credential(purpose, lists, by)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	default:
		same, err := s.compare(path, data, &next)
		if err != nil {
			return false, err
		}
		from := next.ValidFrom
		var there listCredential
		_ = json.Unmarshal(data, &there) // compare has read it
		next.ValidFrom, next.ValidUntil = there.ValidFrom, there.ValidUntil
		signed, err := by.sign(&next)
		if err != nil {
			return false, err
		}
		if same && bytes.Equal(signed, data) && from.Sub(there.ValidFrom) < lists.ValidFor/2 {
			return false, nil
		}
		next.ValidFrom, next.ValidUntil = from, from.Add(lists.ValidFor)
	}
	signed, err := by.sign(&next)
	if err != nil {
		return false, err
	}
	return true, durable.Replace(path, signed, 0o644) // it is for everybody
}

func (s *StatusRegister) credential(purpose string, lists *Lists, by StatusSigner) listCredential {
	issuer, _, _ := strings.Cut(by.Method, "#")
	return listCredential{
		Context: []string{"https://www.w3.org/ns/credentials/v2"},
		ID:      s.ListURL(purpose),
		Type:    []string{"VerifiableCredential", "BitstringStatusListCredential"},
		Issuer:  issuer, ValidFrom: lists.AsOf, ValidUntil: lists.AsOf.Add(lists.ValidFor),
		Subject: listSubject{
			ID: s.ListURL(purpose) + "#list", Type: "BitstringStatusList", Purpose: purpose,
			Encoded: encodeBits(lists.bits[purpose]), TTL: lists.TTL.Milliseconds(),
		},
	}
}

// encodeBits compresses a list as encodedList has it: gzip, in base64url with the u of multibase.
func encodeBits(bits []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(bits)
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // a buffer takes all
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// compare reports whether the list that is there says the same. What must not be replaced is
// an error: a newer list, one of another address, and one in which the register lacks an entry.
func (s *StatusRegister) compare(path string, data []byte, next *listCredential) (bool, error) {
	var there listCredential
	if err := json.Unmarshal(data, &there); err != nil || there.ID != next.ID {
		return false, fault.Remedy(fault.Input("%s is not the list that is to be published at %s", path, next.ID), "move it away")
	}
	if there.Subject.Encoded == next.Subject.Encoded {
		return true, nil
	}
	if there.ValidFrom.After(next.ValidFrom) {
		return false, fmt.Errorf("%s is as of %s, and the node's word is as of %s: ask one that has caught up",
			path, there.ValidFrom.Format(time.RFC3339), next.ValidFrom.Format(time.RFC3339))
	}
	compressed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(there.Subject.Encoded, "u"))
	if err != nil {
		return false, fault.Input("%s cannot be read", path)
	}
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return false, fault.Input("%s cannot be read", path)
	}
	bits, err := io.ReadAll(io.LimitReader(z, StatusEntries/8+1))
	if err != nil || len(bits) != StatusEntries/8 {
		return false, fault.Input("%s cannot be read", path)
	}
	for i := range StatusEntries {
		if bits[i/8]&(0x80>>(i%8)) == 0 {
			continue
		}
		if e := s.entries[i]; e == nil || len(e.leaves) == 0 {
			return false, fault.Remedy(fmt.Errorf("%s shows entry %d as set, and %s does not say whose it is", path, i, s.Path),
				"name the proofs of all credentials once, or find the right register: what it has lost would count as good again")
		}
	}
	return false, nil
}

func (by *StatusSigner) sign(list *listCredential) ([]byte, error) {
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return nil, err
	}
	return secured.SignJCS(append(text, '\n'), by.Key, by.Method, list.ValidFrom)
}
