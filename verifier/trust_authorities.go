package verifier

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/hallmark-node/hallmark/verifier/identity"
)

// TrustedAuthorities are those whose word says which domain named a key. A list that is nil
// stands for what is built in; one that is not replaces it.
type TrustedAuthorities struct {
	Roots    []TrustedCA      `json:"roots,omitzero"`
	Logs     []TrustedLog     `json:"logs,omitzero"`
	ZoneKeys []TrustedZoneKey `json:"zoneKeys,omitzero"`
}

// TrustedCA is the root certificate of an authority.
type TrustedCA struct {
	Certificate []byte `json:"certificate"`       // DER; base64 in JSON
	NotAfter    uint64 `json:"notAfter,omitzero"` // Unix seconds: certificates logged later do not count; 0: no bound
}

// TrustedLog is a log of Certificate Transparency.
type TrustedLog struct {
	Key       []byte `json:"key"` // DER of its public key; base64 in JSON
	Operator  string `json:"operator"`
	NotBefore uint64 `json:"notBefore,omitzero"` // Unix seconds: timestamps before do not count; 0: no bound
	NotAfter  uint64 `json:"notAfter,omitzero"`  // Unix seconds: timestamps after do not count; 0: no bound
}

// TrustedZoneKey is a key of the DNS root zone, as a DS record has it.
type TrustedZoneKey struct {
	KeyTag     uint16 `json:"keyTag"`
	Algorithm  uint8  `json:"algorithm"`
	DigestType uint8  `json:"digestType"`
	Digest     Bytes  `json:"digest"`
	NotBefore  uint64 `json:"notBefore,omitzero"` // Unix seconds: it says nothing of times before; 0: no bound
	NotAfter   uint64 `json:"notAfter,omitzero"`  // Unix seconds: it says nothing of times after; 0: no bound
}

// Anchors returns what evidence of identity is held against. They must not be changed.
func (t *Trust) Anchors() *identity.Anchors {
	if t == nil || t.Authorities == nil {
		return identity.BuiltIn()
	}
	a := *identity.BuiltIn()
	if own := t.Authorities.Roots; own != nil {
		a.Roots = nil
		for _, c := range own {
			a.Roots = append(a.Roots, identity.Root{Certificate: c.Certificate, NotAfter: bound(c.NotAfter)})
		}
	}
	if own := t.Authorities.Logs; own != nil {
		a.Logs = nil
		for _, l := range own {
			a.Logs = append(a.Logs, identity.Log{Key: l.Key, Operator: l.Operator, NotBefore: bound(l.NotBefore), NotAfter: bound(l.NotAfter)})
		}
	}
	if own := t.Authorities.ZoneKeys; own != nil {
		a.ZoneKeys = nil
		for _, k := range own {
			a.ZoneKeys = append(a.ZoneKeys, identity.ZoneKey{
				KeyTag: k.KeyTag, Algorithm: k.Algorithm, DigestType: k.DigestType, Digest: k.Digest,
				NotBefore: bound(k.NotBefore), NotAfter: bound(k.NotAfter),
			})
		}
	}
	return &a
}

// bound is a time of the store, zero where there is none.
func bound(seconds uint64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return unix(seconds)
}

// maxAuthorities bounds each list.
const maxAuthorities = 1024

func (r *jsonReader) trustedAuthorities() (*TrustedAuthorities, error) {
	t := &TrustedAuthorities{}
	return t, r.object(nil, func(name []byte) (err error) {
		switch string(name) {
		case "roots":
			t.Roots = []TrustedCA{}
			err = r.array(maxAuthorities, func() error {
				c, err := r.trustedCA()
				t.Roots = append(t.Roots, c)
				return err
			})
		case "logs":
			t.Logs = []TrustedLog{}
			err = r.array(maxAuthorities, func() error {
				l, err := r.trustedLog()
				t.Logs = append(t.Logs, l)
				return err
			})
		case "zoneKeys":
			t.ZoneKeys = []TrustedZoneKey{}
			err = r.array(maxAuthorities, func() error {
				k, err := r.trustedZoneKey()
				t.ZoneKeys = append(t.ZoneKeys, k)
				return err
			})
		default:
			err = unknownMember(name)
		}
		return err
	})
}

func (r *jsonReader) trustedCA() (c TrustedCA, err error) {
	err = r.object([]string{"certificate"}, func(name []byte) (err error) {
		switch string(name) {
		case "certificate":
			c.Certificate, err = r.base64()
		case "notAfter":
			c.NotAfter, err = r.integer(maxInteger)
		default:
			err = unknownMember(name)
		}
		return err
	})
	return c, err
}

func (r *jsonReader) trustedLog() (l TrustedLog, err error) {
	err = r.object([]string{"key", "operator"}, func(name []byte) (err error) {
		switch string(name) {
		case "key":
			l.Key, err = r.base64()
		case "operator":
			var text []byte
			text, err = r.string()
			l.Operator = string(text)
		case "notBefore":
			l.NotBefore, err = r.integer(maxInteger)
		case "notAfter":
			l.NotAfter, err = r.integer(maxInteger)
		default:
			err = unknownMember(name)
		}
		return err
	})
	return l, err
}

func (r *jsonReader) trustedZoneKey() (k TrustedZoneKey, err error) {
	err = r.object([]string{"keyTag", "algorithm", "digestType", "digest"}, func(name []byte) (err error) {
		var n uint64
		switch string(name) {
		case "keyTag":
			n, err = r.integer(0xffff)
			k.KeyTag = uint16(n) //nolint:gosec // bounded
		case "algorithm":
			n, err = r.integer(0xff)
			k.Algorithm = uint8(n) //nolint:gosec // bounded
		case "digestType":
			n, err = r.integer(0xff)
			k.DigestType = uint8(n) //nolint:gosec // bounded
		case "digest":
			err = r.value(&k.Digest)
		case "notBefore":
			k.NotBefore, err = r.integer(maxInteger)
		case "notAfter":
			k.NotAfter, err = r.integer(maxInteger)
		default:
			err = unknownMember(name)
		}
		return err
	})
	return k, err
}

// base64 reads binary data that people know in this form.
func (r *jsonReader) base64() ([]byte, error) {
	text, err := r.string()
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.Strict().AppendDecode(nil, text)
	if err == nil && len(data) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: not base64: %w", r.d.StackPointer(), err)
	}
	return data, nil
}
