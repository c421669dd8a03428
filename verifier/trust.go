package verifier

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxTrustSize bounds a trust store file, in bytes.
const MaxTrustSize = 16 << 20

// Trust is a trust store: what a verifier has decided to believe. The zero
// value believes nothing. It must not change while a [Verifier] uses it.
type Trust struct {
	Chains  map[ChainID]*TrustedChain
	Issuers map[Address]*TrustedIssuer
}

// TrustedChain is what is believed of one chain.
type TrustedChain struct {
	Name       string
	Test       bool            // a chain for tests: verdicts are at most UNKNOWN unless allowed
	Genesis    Hash            // hash of block 0, which tells apart chains that share an id
	Registries []Address       // AnchorRegistry contracts that are believed
	Blocks     map[uint64]Hash // pinned block hashes by number
	Successor  Successor       // what took over when this chain died; the zero value: it has not

	// Witnesses and Beacon hold the members of the same name as they were read.
	// This version does not use them, and keeps them when the store is written.
	Witnesses, Beacon jsontext.Value

	builtIn bool // nobody wrote it into the store
}

// Successor is the chain that took over from one that has died.
type Successor struct {
	Chain ChainID `json:"chain"`
	Since uint64  `json:"since"` // Unix seconds: blocks of the dead chain that are dated later do not count
}

// TrustedIssuer is an issuer's key as the owner of the trust store knows it.
type TrustedIssuer struct {
	Name      string   `json:"name"`
	IDs       []string `json:"ids"`             // issuers that it may speak for; "*" stands for any
	Homes     []Home   `json:"homes,omitempty"` // registries for which what it signs counts; none: see [Trust.SoleHome]
	NotBefore uint64   `json:"notBefore"`       // Unix seconds: anchors before are not believed; 0: no bound
	NotAfter  uint64   `json:"notAfter"`        // Unix seconds: anchors after are not believed; 0: no bound

	// Complete says that the addresses which the store lists for these ids are all
	// that speak for them, so that another signature is proven not to be theirs. One
	// entry that says so of an id is enough; it says nothing of [AnyIssuer].
	Complete bool `json:"complete,omitzero"`
}

// AnyIssuer in the ids of a trusted issuer lets it speak for any issuer, as a
// platform does.
const AnyIssuer = "*"

// ErrNotTrust says that a file is not a trust store.
var ErrNotTrust = errors.New("not a trust store")

type trustJSON struct {
	HallmarkTrust *uint64                      `json:"hallmarkTrust"`
	Chains        map[ChainID]*chainJSON       `json:"chains,omitempty"`
	Issuers       map[looseAddr]*TrustedIssuer `json:"issuers,omitempty"`
}

type chainJSON struct {
	Name       string          `json:"name,omitempty"`
	Test       bool            `json:"test,omitempty"`
	Genesis    *Hash           `json:"genesis"`
	Registries []looseAddr     `json:"registries,omitempty"`
	Blocks     map[string]Hash `json:"blocks,omitempty"`
	Witnesses  jsontext.Value  `json:"witnesses,omitzero"`
	Beacon     jsontext.Value  `json:"beacon,omitzero"`
	Successor  *Successor      `json:"successor,omitempty"`
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

// ParseTrust reads a trust store file strictly: unknown, repeated and
// differently-cased members are refused. The error is an [ErrNotTrust].
func ParseTrust(data []byte) (*Trust, error) {
	t, err := parseTrust(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotTrust, err)
	}
	return t, nil
}

func parseTrust(data []byte) (*Trust, error) {
	if len(data) > MaxTrustSize {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), MaxTrustSize)
	}
	var w trustJSON
	if err := decodeStrict(data, &w, json.WithUnmarshalers(looseHome)); err != nil {
		return nil, err
	}
	if w.HallmarkTrust == nil {
		return nil, errMissing("hallmarkTrust")
	}
	if *w.HallmarkTrust != 1 {
		return nil, fmt.Errorf("version %d of the format: this needs a newer verifier", *w.HallmarkTrust)
	}
	t := &Trust{Chains: make(map[ChainID]*TrustedChain), Issuers: make(map[Address]*TrustedIssuer)}
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

func (w *chainJSON) value() (*TrustedChain, error) {
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

// Encode returns the trust store as a file, with map keys sorted.
func (t *Trust) Encode() ([]byte, error) {
	one := uint64(1)
	w := trustJSON{&one, make(map[ChainID]*chainJSON), make(map[looseAddr]*TrustedIssuer)}
	for id, c := range t.Chains {
		cw := &chainJSON{Name: c.Name, Test: c.Test, Genesis: &c.Genesis, Witnesses: c.Witnesses, Beacon: c.Beacon}
		for _, r := range c.Registries {
			cw.Registries = append(cw.Registries, looseAddr(r))
		}
		if len(c.Blocks) > 0 {
			cw.Blocks = make(map[string]Hash, len(c.Blocks))
		}
		for n, hash := range c.Blocks {
			cw.Blocks[strconv.FormatUint(n, 10)] = hash
		}
		if c.Successor.Chain != 0 {
			cw.Successor = &c.Successor
		}
		w.Chains[id] = cw
	}
	for a, issuer := range t.Issuers {
		w.Issuers[looseAddr(a)] = issuer
	}
	return encode(w)
}

// Line returns a chain and its successors, in the order in which they took over. Where
// they form a circle it ends before a chain occurs twice.
func (t *Trust) Line(home ChainID) []ChainID {
	line := []ChainID{home}
	for {
		c := t.Chains[home]
		if c == nil || c.Successor.Chain == 0 || slices.Contains(line, c.Successor.Chain) {
			return line
		}
		home = c.Successor.Chain
		line = append(line, home)
	}
}

// Deciding returns the last chain of [Trust.Line]: the one whose anchors and status
// count for what is at home on a chain.
func (t *Trust) Deciding(home ChainID) ChainID {
	line := t.Line(home)
	return line[len(line)-1]
}

// SoleHome returns the registry for which issuers without homes sign, and false where
// the store leaves open which one that is.
//
// Such a key must not count for two registries: its retirement is recorded on its home,
// and whoever stole it would sign for the other. So it is the only registry that the
// store's own chains list, those of successors not counted; without any it is the
// built-in one of Ethereum.
func (t *Trust) SoleHome() (Home, bool) {
	succeeds := make(map[ChainID]bool)
	var homes []Home
	if t != nil {
		for _, c := range t.Chains {
			succeeds[c.Successor.Chain] = true
		}
		for id, c := range t.Chains {
			if c.builtIn {
				continue
			}
			for _, r := range c.Registries {
				homes = append(homes, Home{id, r})
			}
		}
	}
	if len(homes) == 0 {
		return Home{ethereum, RegistryAddress}, true
	}
	homes = slices.DeleteFunc(homes, func(h Home) bool { return succeeds[h.Chain] })
	slices.SortFunc(homes, func(a, b Home) int {
		return cmp.Or(cmp.Compare(a.Chain, b.Chain), bytes.Compare(a.Registry[:], b.Registry[:]))
	})
	if homes = slices.Compact(homes); len(homes) != 1 {
		return Home{}, false
	}
	return homes[0], true
}

// WithDefaults returns a trust store that holds t and, for public chains that t
// says nothing about, the built-in defaults. t is not changed and may be nil.
func (t *Trust) WithDefaults() *Trust {
	merged := &Trust{Chains: defaultChains(), Issuers: make(map[Address]*TrustedIssuer)}
	if t != nil {
		maps.Copy(merged.Chains, t.Chains)
		maps.Copy(merged.Issuers, t.Issuers)
	}
	return merged
}

// speakers returns the addresses that the store lets speak for the issuer id, by
// name, not by [AnyIssuer], and whether it says that there are no others.
func (t *Trust) speakers(id string) (who []Address, complete bool) {
	for a, issuer := range t.Issuers {
		if id != AnyIssuer && slices.Contains(issuer.IDs, id) {
			who = append(who, a)
			complete = complete || issuer.Complete
		}
	}
	slices.SortFunc(who, func(a, b Address) int { return slices.Compare(a[:], b[:]) })
	return who, complete
}

// listed returns every id that the store lists for some address.
func (t *Trust) listed() map[string]bool {
	ids := make(map[string]bool)
	for _, issuer := range t.Issuers {
		for _, id := range issuer.IDs {
			ids[id] = id != AnyIssuer
		}
	}
	return ids
}
