package verifier

import (
	"bytes"
	"maps"
	"slices"
	"sort"
)

// Trust is a trust store: what a verifier has decided to believe. The zero
// value believes nothing. It must not change while a [Verifier] uses it.
type Trust struct {
	Chains  map[ChainID]*TrustedChain
	Issuers map[Address]*TrustedIssuer

	Authorities *TrustedAuthorities // nil: those that are built in
}

// TrustedChain is what is believed of one chain.
type TrustedChain struct {
	Name       string          `json:"name,omitempty"`
	Test       bool            `json:"test,omitempty"`       // a chain for tests: verdicts are at most UNKNOWN unless allowed
	Genesis    Hash            `json:"genesis"`              // hash of block 0, which tells apart chains that share an id
	Registries []Address       `json:"registries,omitempty"` // AnchorRegistry contracts that are believed
	Blocks     map[uint64]Hash `json:"blocks,omitempty"`     // pinned block hashes by number

	Beacon    *TrustedBeacon    `json:"beacon,omitempty"`    // what says which blocks are final; see [Trust.Beacon]
	Witnesses *TrustedWitnesses `json:"witnesses,omitempty"` // who else does

	Successor Successor `json:"successor,omitzero"` // what took over when this chain died; the zero value: it has not

	builtIn bool // from the defaults, not from the file
}

// Successor is the chain that took over from one that has died.
type Successor struct {
	Chain ChainID `json:"chain"`
	Since uint64  `json:"since"` // Unix seconds: blocks of the dead chain that are dated later do not count
}

// TrustedIssuer is an issuer's key as the owner of the trust store knows it.
type TrustedIssuer struct {
	Name      string   `json:"name"`
	IDs       []string `json:"ids"`             // issuers that it is a controller of; "*" stands for any
	Homes     []Home   `json:"homes,omitempty"` // registries for which what it signs counts; none: see [Trust.SoleHome]
	NotBefore uint64   `json:"notBefore"`       // Unix seconds: anchors before are not believed; 0: no bound
	NotAfter  uint64   `json:"notAfter"`        // Unix seconds: anchors after are not believed; 0: no bound

	// Complete says that the addresses which the store lists for these ids are all
	// that sign for them, so that another signature is proven not to be theirs. One
	// entry that says so of an id is enough; it says nothing of [AnyIssuer].
	Complete bool `json:"complete,omitzero"`
}

// AnyIssuer in the ids of a trusted issuer lets it sign for any issuer, as a
// platform does.
const AnyIssuer = "*"

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

// EffectiveChain returns the last chain of [Trust.Line]: the one whose anchors and status
// count for what is at home on a chain.
func (t *Trust) EffectiveChain(home ChainID) ChainID {
	line := t.Line(home)
	return line[len(line)-1]
}

// SoleHome returns the registry for which issuers without homes sign, and false where
// the store leaves open which one that is.
//
// Such a key must not count for two registries: its retirement is recorded on its home,
// and a stolen key could still sign for the other. So it is the only registry that the
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
	if len(homes) == 0 || slices.ContainsFunc(homes, func(h Home) bool { return h != homes[0] }) {
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
		merged.Authorities = t.Authorities
	}
	return merged
}

// controllers returns the addresses that the store lists for the issuer id, by
// name, not by [AnyIssuer], and whether it says that there are no others.
func (t *Trust) controllers(id string) (who []Address, complete bool) {
	for a, issuer := range t.Issuers {
		if id != AnyIssuer && slices.Contains(issuer.IDs, id) {
			who = append(who, a)
			complete = complete || issuer.Complete
		}
	}
	sort.Slice(who, func(i, j int) bool { return bytes.Compare(who[i][:], who[j][:]) < 0 })
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
