package verifier

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

// TrustedBeacon is what is believed of the beacon chain of a chain.
type TrustedBeacon struct {
	Network    *beacon.Network        `json:"network,omitempty"`    // nil: the one that is built in for the chain
	Committees map[uint64]TrustedRoot `json:"committees,omitempty"` // roots of sync committees by period
	Summaries  []TrustedRoot          `json:"summaries,omitempty"`  // roots of lists of historical summaries
}

// TrustedRoot is a hash tree root that is believed, and why.
type TrustedRoot struct {
	Root   Hash   `json:"root"`
	Origin string `json:"origin,omitempty"` // for people: where it is from
	Date   string `json:"date,omitempty"`   // for people: of what day that was
}

// TrustedWitnesses are parties of whom some number must have seen a block as final.
type TrustedWitnesses struct {
	Quorum int              `json:"quorum"`
	Keys   []TrustedWitness `json:"keys"`
}

// TrustedWitness is a key of a witness. A witness that changes its key has several
// with one name, and counts once.
type TrustedWitness struct {
	Key       *witness.Key `json:"key"`
	NotBefore uint64       `json:"notBefore,omitzero"` // Unix seconds: what it signed before does not count; 0: no bound
	NotAfter  uint64       `json:"notAfter,omitzero"`  // Unix seconds: what it signed after does not count; 0: no bound
}

// Beacon returns what t believes of the beacon chain of a chain together with what is
// built in for it, or nil if its network is not known. An entry of t goes before a
// built-in one of the same period. The caller must not change it.
func (t *Trust) Beacon(id ChainID) *TrustedBeacon {
	all := &TrustedBeacon{Network: beacon.ByChain(uint64(id)), Committees: make(map[uint64]TrustedRoot)}
	c := t.WithDefaults().Chains[id]
	if c == nil {
		return nil
	}
	if b := defaultChains()[id]; b != nil && b.Genesis == c.Genesis && b.Beacon != nil {
		maps.Copy(all.Committees, b.Beacon.Committees)
		all.Summaries = b.Beacon.Summaries
	} else if b == nil || b.Genesis != c.Genesis {
		all.Network = nil // a chain that shares its id with a public one
	}
	if own := c.Beacon; own != nil && !c.builtIn {
		if own.Network != nil {
			all = &TrustedBeacon{Network: own.Network, Committees: make(map[uint64]TrustedRoot)}
		}
		maps.Copy(all.Committees, own.Committees)
		all.Summaries = slices.Concat(own.Summaries, all.Summaries)
	}
	if all.Network == nil {
		return nil
	}
	return all
}

// check reports what makes it impossible to use what is believed of finality: in a store
// that was not read from a file, where that is refused.
func (c *TrustedChain) check() error {
	if c.Beacon != nil && c.Beacon.Network != nil {
		if err := c.Beacon.Network.Check(); err != nil {
			return fmt.Errorf("its beacon chain: %w", err)
		}
	}
	if c.Witnesses != nil {
		return c.Witnesses.check()
	}
	return nil
}

func (w *TrustedWitnesses) check() error {
	names := make(map[string]bool)
	for _, k := range w.Keys {
		if k.Key == nil {
			return errors.New("a witness has no key")
		}
		names[k.Key.Name()] = true
	}
	if w.Quorum < 1 || w.Quorum > len(names) {
		return fmt.Errorf("a quorum of %d of %d witnesses cannot be", w.Quorum, len(names))
	}
	return nil
}

// Limits of what a trust store says of finality.
const (
	maxWitnesses = 64
	maxSummaries = 64
)

func (r *jsonReader) trustedBeacon() (*TrustedBeacon, error) {
	b := &TrustedBeacon{}
	return b, r.object(nil, func(name []byte) (err error) {
		switch string(name) {
		case "network":
			b.Network, err = r.network()
		case "committees":
			b.Committees = make(map[uint64]TrustedRoot)
			err = r.object(nil, func(name []byte) error {
				period, ok := plainInteger(name)
				if !ok || strconv.FormatUint(period, 10) != string(name) {
					return fmt.Errorf("%q is not a period", name)
				}
				root, err := r.trustedRoot()
				b.Committees[period] = root
				return err
			})
		case "summaries":
			err = r.array(maxSummaries, func() error {
				root, err := r.trustedRoot()
				b.Summaries = append(b.Summaries, root)
				return err
			})
		default:
			err = unknownMember(name)
		}
		return err
	})
}

func (r *jsonReader) trustedRoot() (t TrustedRoot, err error) {
	err = r.object([]string{"root"}, func(name []byte) (err error) {
		var text []byte
		switch string(name) {
		case "root":
			err = r.value(&t.Root)
		case "origin":
			text, err = r.string()
			t.Origin = string(text)
		case "date":
			text, err = r.string()
			t.Date = string(text)
		default:
			err = unknownMember(name)
		}
		return err
	})
	return t, err
}

// networkMembers are those that a network must have: all.
var networkMembers = []string{
	"name", "genesisValidatorsRoot", "genesisTime", "secondsPerSlot", "slotsPerEpoch", "epochsPerPeriod",
	"committeeSize", "rootsPerSummary", "forks",
}

func (r *jsonReader) network() (*beacon.Network, error) {
	n := &beacon.Network{}
	err := r.object(networkMembers, func(name []byte) (err error) {
		switch string(name) {
		case "name":
			var text []byte
			text, err = r.string()
			n.Name = string(text)
		case "genesisValidatorsRoot":
			err = r.value(&n.ValidatorsRoot)
		case "genesisTime":
			n.GenesisTime, err = r.integer(maxInteger)
		case "secondsPerSlot":
			n.SecondsPerSlot, err = r.integer(maxInteger)
		case "slotsPerEpoch":
			n.SlotsPerEpoch, err = r.integer(maxInteger)
		case "epochsPerPeriod":
			n.EpochsPerPeriod, err = r.integer(maxInteger)
		case "committeeSize":
			n.CommitteeSize, err = r.integer(maxInteger)
		case "rootsPerSummary":
			n.RootsPerSummary, err = r.integer(maxInteger)
		case "forks":
			err = r.array(math.MaxInt, func() error {
				f, err := r.fork()
				n.Forks = append(n.Forks, f)
				return err
			})
		default:
			err = unknownMember(name)
		}
		return err
	})
	if err == nil {
		if err = n.Check(); err != nil {
			err = fmt.Errorf("%s: %w", r.d.StackPointer(), err)
		}
	}
	return n, err
}

func (r *jsonReader) fork() (f beacon.Fork, err error) {
	err = r.object([]string{"name", "epoch", "version"}, func(name []byte) (err error) {
		switch string(name) {
		case "name":
			var text []byte
			text, err = r.string()
			f.Name = string(text)
		case "epoch":
			f.Epoch, err = r.integer(maxInteger)
		case "version":
			err = r.value(&f.Version)
		default:
			err = unknownMember(name)
		}
		return err
	})
	return f, err
}

func (r *jsonReader) trustedWitnesses() (*TrustedWitnesses, error) {
	w := &TrustedWitnesses{}
	err := r.object([]string{"quorum", "keys"}, func(name []byte) (err error) {
		switch string(name) {
		case "quorum":
			var n uint64
			n, err = r.integer(maxWitnesses)
			w.Quorum = int(n) //nolint:gosec // bounded
		case "keys":
			err = r.array(maxWitnesses, func() error {
				k, err := r.trustedWitness()
				w.Keys = append(w.Keys, k)
				return err
			})
		default:
			err = unknownMember(name)
		}
		return err
	})
	if err == nil {
		if err = w.check(); err != nil {
			err = fmt.Errorf("%s: %w", r.d.StackPointer(), err)
		}
	}
	return w, err
}

func (r *jsonReader) trustedWitness() (w TrustedWitness, err error) {
	err = r.object([]string{"key"}, func(name []byte) (err error) {
		switch string(name) {
		case "key":
			w.Key = new(witness.Key)
			err = r.value(w.Key)
		case "notBefore":
			w.NotBefore, err = r.integer(maxInteger)
		case "notAfter":
			w.NotAfter, err = r.integer(maxInteger)
		default:
			err = unknownMember(name)
		}
		return err
	})
	return w, err
}
