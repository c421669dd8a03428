package verifier

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/credential"
)

// ParseByReflection and ParseTrustByReflection are how files were read first: the JSON
// library's reflection does the work. Reading token by token is compared with them.
var (
	ParseByReflection      = parseByReflection
	ParseTrustByReflection = parseTrustByReflection
)

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

	Identity *[]identityJSON `json:"identity,omitempty"`
}

type identityJSON struct {
	Kind     *string `json:"kind"`
	Salt     *Hash   `json:"salt"`
	Path     *[]Hash `json:"path"`
	Evidence *Bytes  `json:"evidence"`
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

func parseByReflection(data []byte) (*Proof, error) {
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
	s := Submission{*w.Issuer, *w.Home, *w.Count, *w.IssuedAt, *w.Path, *w.Signature, nil}
	if w.Identity == nil {
		return s, nil
	}
	if n := len(*w.Identity); n == 0 || n > MaxIdentity {
		return s, fmt.Errorf("identity: has %d, want 1 to %d", n, MaxIdentity)
	}
	for _, i := range *w.Identity {
		switch {
		case i.Kind == nil || i.Salt == nil || i.Path == nil || i.Evidence == nil:
			return s, errMissing("kind, salt, path or evidence")
		case len(*i.Path) > MaxPath:
			return s, errTooMany("identity.path", len(*i.Path), MaxPath)
		case len(*i.Evidence) == 0 || len(*i.Evidence) > MaxIdentityEvidence:
			return s, errTooMany("identity.evidence", len(*i.Evidence), MaxIdentityEvidence)
		case len(*i.Kind) > 32 || strings.Trim(*i.Kind, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || *i.Kind == "":
			return s, fmt.Errorf("identity: the kind %q", *i.Kind)
		}
		s.Identity = append(s.Identity, Identity{*i.Kind, *i.Salt, *i.Path, *i.Evidence})
	}
	return s, nil
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

func errTooMany(what string, n, limit int) error {
	return fmt.Errorf("%s: %d, at most %d are allowed", what, n, limit)
}

// decodeStrict reads data into v: one JSON value, with no unknown, repeated or
// differently-cased member, no null, no number but integers of at most 2^53-1
// written plainly, and no deep nesting.
func decodeStrict(data []byte, v any, opts ...json.Options) error {
	if err := checkJSON(data, maxDepth); err != nil {
		return syntaxError(err)
	}
	return syntaxError(json.Unmarshal(data, v, append(opts, json.RejectUnknownMembers(true))...))
}

type reflectedTrust struct {
	HallmarkTrust *uint64                      `json:"hallmarkTrust"`
	Chains        map[ChainID]*reflectedChain  `json:"chains,omitempty"`
	Issuers       map[looseAddr]*TrustedIssuer `json:"issuers,omitempty"`
	Authorities   *TrustedAuthorities          `json:"authorities,omitempty"`
}

type reflectedChain struct {
	Name       string            `json:"name,omitempty"`
	Test       bool              `json:"test,omitempty"`
	Genesis    *Hash             `json:"genesis"`
	Registries []looseAddr       `json:"registries,omitempty"`
	Blocks     map[string]Hash   `json:"blocks,omitempty"`
	Witnesses  *TrustedWitnesses `json:"witnesses,omitempty"`
	Beacon     *TrustedBeacon    `json:"beacon,omitempty"`
	Successor  *Successor        `json:"successor,omitempty"`
}

// looseAddr is an address in a file that people edit: the checksum may be
// absent, but not wrong.
type looseAddr Address

func (a looseAddr) MarshalText() ([]byte, error) { return Address(a).MarshalText() }

func (a *looseAddr) UnmarshalText(text []byte) error {
	got, err := ParseAddress(string(text))
	*a = looseAddr(got)
	return err
}

// looseHome reads a registry likewise.
var looseHome = json.UnmarshalFunc(func(data []byte, h *Home) (err error) {
	var text string
	if err = json.Unmarshal(data, &text); err == nil {
		*h, err = ParseHome(text)
	}
	return err
})

func parseTrustByReflection(data []byte) (*Trust, error) {
	if len(data) > MaxTrustSize {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxTrustSize)
	}
	var w reflectedTrust
	if err := decodeStrict(data, &w, json.WithUnmarshalers(looseHome)); err != nil {
		return nil, err
	}
	if w.HallmarkTrust == nil {
		return nil, errMissing("hallmarkTrust")
	}
	if *w.HallmarkTrust != 1 {
		return nil, fmt.Errorf("version %d of the format: this needs a newer verifier", *w.HallmarkTrust)
	}
	t := &Trust{Chains: make(map[ChainID]*TrustedChain), Issuers: make(map[Address]*TrustedIssuer), Authorities: w.Authorities}
	for id, cw := range w.Chains {
		c, err := cw.value()
		if err != nil {
			return nil, fmt.Errorf("chain %s: %w", id, err)
		}
		t.Chains[id] = c
	}
	for id, c := range t.Chains {
		if c.Successor.Chain == id {
			return nil, fmt.Errorf("chain %s: cannot succeed itself", id)
		}
	}
	for a, issuer := range w.Issuers {
		if issuer.Homes != nil && len(issuer.Homes) == 0 {
			return nil, fmt.Errorf("issuer %s: homes is empty: leave it out instead", Address(a))
		}
		t.Issuers[Address(a)] = issuer
	}
	return t, nil
}

func (w *reflectedChain) value() (*TrustedChain, error) {
	if w.Genesis == nil || w.Genesis.IsZero() {
		return nil, errMissing("genesis")
	}
	c := &TrustedChain{Name: w.Name, Test: w.Test, Genesis: *w.Genesis, Witnesses: w.Witnesses, Beacon: w.Beacon}
	for _, r := range w.Registries {
		c.Registries = append(c.Registries, Address(r))
	}
	if len(w.Blocks) > 0 {
		c.Blocks = make(map[uint64]Hash, len(w.Blocks))
	}
	for number, hash := range w.Blocks {
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil || n > maxInteger || strconv.FormatUint(n, 10) != number {
			return nil, fmt.Errorf("blocks: %q is not a block number", number)
		}
		c.Blocks[n] = hash
	}
	if w.Successor != nil {
		if c.Successor = *w.Successor; c.Successor.Chain == 0 || c.Successor.Since == 0 || c.Successor.Since > maxInteger {
			return nil, errors.New("successor: want the chain that took over and, as since, the Unix time from which it counts")
		}
	}
	return c, nil
}
