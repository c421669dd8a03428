package verifier

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// MaxTrustSize bounds a trust store file, in bytes.
const MaxTrustSize = 16 << 20

// ErrNotTrust says that a file is not a trust store.
var ErrNotTrust = errors.New("not a trust store")

// ParseTrust reads a trust store file strictly: unknown, repeated and differently-cased
// members are refused. Addresses may lack the EIP-55 checksum, since people edit the
// file, but a wrong one is refused. The error is an [ErrNotTrust].
func ParseTrust(data []byte) (*Trust, error) {
	var t *Trust
	err := readJSON(data, MaxTrustSize, ErrNotTrust, func(r *jsonReader) (err error) {
		t, err = r.trust()
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (r *jsonReader) trust() (*Trust, error) {
	t := &Trust{Chains: make(map[ChainID]*TrustedChain), Issuers: make(map[Address]*TrustedIssuer)}
	err := r.object([]string{"hallmarkTrust"}, func(name []byte) error {
		switch string(name) {
		case "hallmarkTrust":
			return r.version()
		case "chains":
			return r.object(nil, func(name []byte) error {
				id, err := ParseChainID(string(name))
				if err != nil {
					return err
				}
				c, err := r.trustedChain()
				if err == nil && c.Successor.Chain == id {
					err = fmt.Errorf("chain %s cannot succeed itself", id)
				}
				t.Chains[id] = c
				return err
			})
		case "authorities":
			var err error
			t.Authorities, err = r.trustedAuthorities()
			return err
		case "issuers":
			return r.object(nil, func(name []byte) error {
				a, err := ParseAddress(string(name))
				if err != nil {
					return err
				}
				if t.Issuers[a] != nil { // with and without its checksum
					return fmt.Errorf("the issuer %s is there twice", a)
				}
				t.Issuers[a], err = r.trustedIssuer()
				return err
			})
		}
		return unknownMember(name)
	})
	return t, err
}

func (r *jsonReader) trustedChain() (*TrustedChain, error) {
	c := &TrustedChain{}
	return c, r.object([]string{"genesis"}, func(name []byte) (err error) {
		switch string(name) {
		case "name":
			var text []byte
			text, err = r.string()
			c.Name = string(text)
		case "test":
			c.Test, err = r.boolean()
		case "genesis":
			if err = r.value(&c.Genesis); err == nil && c.Genesis.IsZero() {
				err = fmt.Errorf("%s is zero, want the hash of block 0", r.d.StackPointer())
			}
		case "registries":
			c.Registries, err = list(r, ParseAddress)
		case "blocks":
			c.Blocks = make(map[uint64]Hash)
			err = r.object(nil, func(name []byte) error {
				n, ok := plainInteger(name)
				if !ok || strconv.FormatUint(n, 10) != string(name) {
					return fmt.Errorf("%q is not a block number", name)
				}
				var hash Hash
				err := r.value(&hash)
				c.Blocks[n] = hash
				return err
			})
		case "witnesses":
			c.Witnesses, err = r.trustedWitnesses()
		case "beacon":
			c.Beacon, err = r.trustedBeacon()
		case "successor":
			c.Successor, err = r.successor()
		default:
			err = unknownMember(name)
		}
		return err
	})
}

func (r *jsonReader) successor() (s Successor, err error) {
	err = r.object([]string{"chain", "since"}, func(name []byte) (err error) {
		switch string(name) {
		case "chain":
			err = r.value(&s.Chain)
		case "since":
			if s.Since, err = r.integer(maxInteger); err == nil && s.Since == 0 {
				err = fmt.Errorf("%s is 0, want the Unix time from which the successor counts", r.d.StackPointer())
			}
		default:
			err = unknownMember(name)
		}
		return err
	})
	return s, err
}

func (r *jsonReader) trustedIssuer() (*TrustedIssuer, error) {
	issuer := &TrustedIssuer{}
	return issuer, r.object(nil, func(name []byte) (err error) {
		switch string(name) {
		case "name":
			var text []byte
			text, err = r.string()
			issuer.Name = string(text)
		case "ids":
			issuer.IDs, err = list(r, func(id string) (string, error) { return id, nil })
		case "homes":
			if issuer.Homes, err = list(r, ParseHome); err == nil && len(issuer.Homes) == 0 {
				err = fmt.Errorf("%s is empty: leave it out instead", r.d.StackPointer())
			}
		case "notBefore":
			issuer.NotBefore, err = r.integer(maxInteger)
		case "notAfter":
			issuer.NotAfter, err = r.integer(maxInteger)
		case "complete":
			issuer.Complete, err = r.boolean()
		default:
			err = unknownMember(name)
		}
		return err
	})
}

// list reads an array of strings, each of which parse turns into an element.
func list[T any](r *jsonReader, parse func(string) (T, error)) (elements []T, err error) {
	err = r.array(math.MaxInt, func() error {
		text, err := r.string()
		if err != nil {
			return err
		}
		element, err := parse(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", r.d.StackPointer(), err)
		}
		elements = append(elements, element)
		return nil
	})
	return elements, err
}

// Encode returns the trust store as a file, with map keys sorted.
func (t *Trust) Encode() ([]byte, error) {
	return encode(struct {
		HallmarkTrust int                        `json:"hallmarkTrust"`
		Chains        map[ChainID]*TrustedChain  `json:"chains,omitempty"`
		Issuers       map[Address]*TrustedIssuer `json:"issuers,omitempty"`
		Authorities   *TrustedAuthorities        `json:"authorities,omitempty"`
	}{1, t.Chains, t.Issuers, t.Authorities})
}
