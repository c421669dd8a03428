package issuer

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusEntries is how many credentials a [StatusRegister] has entries for: the least that a
// Bitstring Status List may have.
const StatusEntries = 131_072

// Purposes of the two lists of a register.
const (
	PurposeRevocation = "revocation"
	PurposeSuspension = "suspension"
)

// StatusRegister knows which credential has which entry of the Bitstring Status Lists that an
// issuer publishes beside its Hallmark list. An entry is handed out before the credential is
// issued, since the credential names it, and tied to the credential's leaf once there is one.
//
// The file is a line of JSON each, and lines are only ever added: an entry that was handed out
// is never given to another credential. Of two processes that take the same entry at once
// the one whose line comes first has it.
type StatusRegister struct {
	Path string
	Base string // URL of the folder in which the lists are published, with a slash at its end

	drafts  map[string]int // entry by the CID of what it was handed out for
	entries map[int]*statusEntry
	leaves  map[merkle.Hash]int // entry by leaf
	tied    []registerLine      // not on disk yet
}

// statusEntry is one entry: handed out, and perhaps tied.
type statusEntry struct {
	draft      string
	credential string // CID; empty until it is tied
	leaves     map[merkle.Hash]tiedLeaf
}

// tiedLeaf is where the issuer's Hallmark list speaks of a credential.
type tiedLeaf struct {
	Leaf       merkle.Hash      `json:"leaf"`
	Submission merkle.Hash      `json:"submission"` // root, which stands for all its leaves
	Issuer     verifier.Address `json:"issuer"`
	Home       verifier.Home    `json:"home"`
	AnchoredAt uint64           `json:"anchoredAt,omitempty"` // Unix seconds; 0: not known yet
}

// registerLine is a line of the file.
type registerLine struct {
	Hallmark string `json:"hallmark,omitempty"` // of the first line
	Version  int    `json:"version,omitempty"`
	Base     string `json:"base,omitempty"`

	Index      *int      `json:"index,omitempty"` // of the others
	Draft      string    `json:"draft,omitempty"`
	Credential string    `json:"credential,omitempty"`
	Tied       *tiedLeaf `json:"tied,omitempty"`
}

const (
	registerName = "status-register"
	maxRegister  = 256 << 20
)

// OpenStatusRegister reads a register. With a base URL it is made if it is not there, and must
// have that one if it is.
func OpenStatusRegister(path, base string) (*StatusRegister, error) {
	if base != "" {
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, fault.Input("%q is not the https:// address of a folder", base)
		}
		base = strings.TrimSuffix(base, "/") + "/"
		first, err := json.Marshal(registerLine{Hallmark: registerName, Version: 1, Base: base})
		if err != nil {
			return nil, err
		}
		if err := durable.Create(path, append(first, '\n'), durable.Private); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	s := &StatusRegister{Path: path}
	if err := s.read(); err != nil {
		return nil, err
	}
	if base != "" && base != s.Base {
		return nil, fault.Input("%s is the register of the lists at %s, not of those at %s", path, s.Base, base)
	}
	return s, nil
}

// read reads the file as it is now.
func (s *StatusRegister) read() error {
	data, err := fault.ReadFile(s.Path, maxRegister)
	if err != nil {
		return err
	}
	s.drafts, s.entries, s.leaves = make(map[string]int), make(map[int]*statusEntry), make(map[merkle.Hash]int)
	for n, text := range bytes.Split(data, []byte("\n")) {
		// A line that is cut off was never answered for: the process died before it was on disk.
		if text = bytes.TrimSpace(text); len(text) == 0 || text[len(text)-1] != '}' && n > 0 {
			continue
		}
		var line registerLine
		if err := jsonv2.Unmarshal(text, &line); err != nil || !s.add(n, &line) {
			return fault.Input("%s: line %d cannot be read", s.Path, n+1)
		}
	}
	if s.Base == "" {
		return fault.Input("%s is not a register of status lists", s.Path)
	}
	for i := range s.tied {
		s.add(1, &s.tied[i])
	}
	return nil
}

// add takes up a line.
func (s *StatusRegister) add(n int, line *registerLine) bool {
	switch {
	case n == 0:
		s.Base = line.Base
		return line.Hallmark == registerName && line.Version == 1
	case line.Index == nil || *line.Index < 0 || *line.Index >= StatusEntries:
		return false
	case line.Draft != "":
		if s.entries[*line.Index] == nil {
			s.entries[*line.Index] = &statusEntry{draft: line.Draft, leaves: make(map[merkle.Hash]tiedLeaf)}
			s.drafts[line.Draft] = *line.Index
		}
		return true
	}
	e := s.entries[*line.Index]
	if e == nil || line.Credential == "" || line.Tied == nil {
		return false
	}
	if e.credential == "" || e.credential == line.Credential {
		e.credential = line.Credential
		e.leaves[line.Tied.Leaf] = *line.Tied
		s.leaves[line.Tied.Leaf] = *line.Index
	}
	return true
}

// append puts lines on disk and reads what the file then says.
func (s *StatusRegister) append(lines ...registerLine) error {
	text := []byte("\n") // ends a line that was cut off
	for _, line := range lines {
		data, err := json.Marshal(line)
		if err != nil {
			return err
		}
		text = append(append(text, data...), '\n')
	}
	f, err := os.OpenFile(s.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", s.Path, err)
	}
	return s.read()
}

// Entry hands out an entry for a credential that is about to be issued, given as JSON, and
// returns its number. What was handed out for it before is returned again. The credential's own
// credentialStatus and proof do not matter for that.
func (s *StatusRegister) Entry(doc []byte) (int, error) {
	draft, err := draftOf(doc)
	if err != nil {
		return 0, err
	}
	for {
		if index, ok := s.drafts[draft]; ok {
			return index, nil
		}
		// At random, so that neighbours tell nothing, as the standard recommends.
		if len(s.entries) >= StatusEntries/2 {
			return 0, fault.Remedy(fmt.Errorf("%s has handed out %d entries: it is full enough", s.Path, len(s.entries)),
				"begin another register, for lists in another folder")
		}
		n, err := rand.Int(rand.Reader, big.NewInt(StatusEntries))
		if err != nil {
			return 0, err
		}
		if index := int(n.Int64()); s.entries[index] == nil {
			if err := s.append(registerLine{Index: &index, Draft: draft}); err != nil {
				return 0, err
			}
		}
	}
}

// draftOf names a credential without its status and proof.
func draftOf(doc []byte) (string, error) {
	var m map[string]jsontext.Value
	if err := jsonv2.Unmarshal(doc, &m); err != nil || m == nil {
		return "", fault.Input("it is not a credential in JSON")
	}
	delete(m, "credentialStatus")
	delete(m, "proof")
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	id, err := credential.Sum(bytes.NewReader(text), credential.FormJCS, "")
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// ListURL is the address of one of the lists.
func (s *StatusRegister) ListURL(purpose string) string { return s.Base + purpose + ".json" }

// CredentialStatus is the member credentialStatus that names an entry.
func (s *StatusRegister) CredentialStatus(index int) json.RawMessage {
	type entry struct {
		ID      string `json:"id"`
		Type    string `json:"type"`
		Purpose string `json:"statusPurpose"`
		Index   string `json:"statusListIndex"`
		List    string `json:"statusListCredential"`
	}
	var entries []entry
	for _, purpose := range []string{PurposeRevocation, PurposeSuspension} {
		list, number := s.ListURL(purpose), strconv.Itoa(index)
		entries = append(entries, entry{list + "#" + number, "BitstringStatusListEntry", purpose, number, list})
	}
	text, err := json.Marshal(entries)
	if err != nil {
		panic(err) // texts alone
	}
	return text
}

// AddStatus returns a credential in JSON with its credentialStatus as the last member, and else
// to the byte as it was.
func (s *StatusRegister) AddStatus(doc []byte, index int) ([]byte, error) {
	var m map[string]jsontext.Value
	switch err := jsonv2.Unmarshal(doc, &m); {
	case err != nil || len(m) == 0:
		return nil, fault.Input("it is not a credential in JSON")
	case m["proof"] != nil:
		return nil, fault.Input("it is signed already: the entry has to be in it before")
	case m["credentialStatus"] != nil:
		if has, ok := s.indexOf(doc); ok && has == index {
			return doc, nil
		}
		return nil, fault.Input("it has a credentialStatus already")
	}
	end := bytes.LastIndexByte(doc, '}')
	body := bytes.TrimRight(doc[:end], " \t\r\n")
	gap := doc[len(body):end]
	return fmt.Appendf(nil, "%s,\"credentialStatus\":%s%s%s", body, s.CredentialStatus(index), gap, doc[end:]), nil
}

// indexOf returns the entry of this register that a credential names, as JSON, in a token or in
// a picture.
func (s *StatusRegister) indexOf(doc []byte) (int, bool) {
	object, err := credential.Claims(doc)
	if err != nil || object == nil {
		return 0, false
	}
	type claims struct {
		Status jsontext.Value `json:"credentialStatus"`
		Claim  jsontext.Value `json:"vc"`
	}
	var m claims
	if jsonv2.Unmarshal(object, &m) != nil {
		return 0, false
	}
	if m.Status == nil && m.Claim != nil {
		if jsonv2.Unmarshal(m.Claim, &m) != nil {
			return 0, false
		}
	}
	type entry struct {
		Index string `json:"statusListIndex"`
		List  string `json:"statusListCredential"`
	}
	entries := make([]entry, 1)
	if m.Status.Kind() == jsontext.KindBeginArray {
		if jsonv2.Unmarshal(m.Status, &entries) != nil {
			return 0, false
		}
	} else if m.Status == nil || jsonv2.Unmarshal(m.Status, &entries[0]) != nil {
		return 0, false
	}
	for _, e := range entries {
		if index, err := strconv.Atoi(e.Index); err == nil && (e.List == s.ListURL(PurposeRevocation) || e.List == s.ListURL(PurposeSuspension)) {
			return index, true
		}
	}
	return 0, false
}

// ErrNoEntry says that a credential names no entry of the register, so that no verifier would
// look there.
var ErrNoEntry = errors.New("names no entry of these lists")

// Tie notes which leaf an entry stands for, from a proof and its credential, for
// [StatusRegister.Save] to write. It adds nothing that is known already. doc may be nil for a
// leaf that is tied: then only the time of its anchor is noted.
func (s *StatusRegister) Tie(p *verifier.Proof, doc []byte) error {
	index, ok := s.leaves[p.Leaf()]
	if doc != nil {
		index, ok = s.indexOf(doc)
	}
	if !ok {
		return ErrNoEntry
	}
	e := s.entries[index]
	if e == nil {
		return fault.Input("names entry %d, which %s has not handed out", index, s.Path)
	}
	id := p.Credential.String()
	if e.credential != "" && e.credential != id {
		return fault.Input("names entry %d, which is that of another credential, %s", index, e.credential)
	}
	leaf := tiedLeaf{Leaf: p.Leaf(), Submission: SubmissionRoot(p), Issuer: p.Submission.Issuer, Home: p.Submission.Home}
	for _, a := range p.Anchors {
		if p.Batch == nil || a.Chain != leaf.Home.Chain || a.Registry != leaf.Home.Registry {
			continue
		}
		if state, err := a.Read(BatchRoot(p), leaf.Issuer); err == nil && state.Anchored {
			leaf.AnchoredAt = state.AnchoredAt
		}
	}
	if known, ok := e.leaves[leaf.Leaf]; ok && (known == leaf || leaf.AnchoredAt == 0) {
		return nil
	}
	e.credential, e.leaves[leaf.Leaf], s.leaves[leaf.Leaf] = id, leaf, index
	s.tied = append(s.tied, registerLine{Index: &index, Credential: id, Tied: &leaf})
	return nil
}

// TieFiles is Tie for proof files and archives, with the credentials that they carry or that lie
// beside them. It returns how many credentials name no entry, or are not there and not tied.
func (s *StatusRegister) TieFiles(proofs []*ProofFile) (without int, err error) {
	tie := func(p *ProofFile) error {
		doc, _, err := p.Document()
		if err != nil {
			return err
		}
		if err := Sound(p.Proof, doc); err != nil {
			return fmt.Errorf("%s does not hold: %w", p.Path, err)
		}
		switch err := s.Tie(p.Proof, doc); {
		case errors.Is(err, ErrNoEntry):
			without++
		case err != nil:
			return fmt.Errorf("%s %w", p.Path, err)
		}
		return nil
	}
	for _, p := range proofs {
		if p.Archive == nil {
			if err := tie(p); err != nil {
				return without, err
			}
			continue
		}
		g := p.Archive.Groups()[p.group]
		for row := g.First(); row < g.First()+g.Len(); row++ {
			e, err := p.Archive.Proof(row)
			if err != nil {
				return without, ArchiveError(p.Path, err)
			}
			if err := tie(&ProofFile{Path: p.Path, Proof: e.Proof, Name: e.Name}); err != nil {
				return without, err
			}
		}
	}
	return without, nil
}

// Save puts on disk what [StatusRegister.Tie] has noted.
func (s *StatusRegister) Save() error {
	lines := s.tied
	s.tied = nil
	if len(lines) == 0 {
		return nil
	}
	return s.append(lines...)
}
