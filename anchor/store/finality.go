package store

import (
	"encoding/binary"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Beacon is what is kept of the beacon chain behind a chain, beside its hops.
type Beacon struct {
	Network    []byte            `cbor:"1,keyasint,omitempty"` // JSON of a [beacon.Network]; empty: the one that is built in for the chain
	Period     uint64            `cbor:"2,keyasint"`           // of the committee that trust started from
	Root       merkle.Hash       `cbor:"3,keyasint"`           // of that committee
	Origin     string            `cbor:"4,keyasint"`           // for people: where that is from
	Committees []BeaconCommittee `cbor:"5,keyasint"`           // those that no hop leads on from yet, by ascending period, at least one
}

// BeaconCommittee is a sync committee with its keys.
type BeaconCommittee struct {
	Period uint64 `cbor:"1,keyasint"`
	Keys   []byte `cbor:"2,keyasint"` // 48 bytes each, the aggregate key last
}

// Beacon returns what is kept of the beacon chain behind a chain, or ErrNotFound.
func (s *Store) Beacon(id verifier.ChainID) (b Beacon, err error) {
	err = s.get(key('g', be(uint64(id))), &b)
	return b, err
}

// PutBeacon replaces what [Store.Beacon] returns.
func (tx *Tx) PutBeacon(id verifier.ChainID, b *Beacon) error {
	return tx.put(key('g', be(uint64(id))), b)
}

// PutHop keeps an encoded hop, by the period that it leads from.
func (tx *Tx) PutHop(id verifier.ChainID, period uint64, hop []byte) error {
	return tx.kv.Set(key('f', be(uint64(id)), be(period)), hop)
}

// Hops calls do with the hops of a chain by ascending period, from one on, until it returns
// false. The slice is valid during the call only.
func (s *Store) Hops(id verifier.ChainID, from uint64, do func(period uint64, hop []byte) bool) error {
	prefix := key('f', be(uint64(id)))
	return s.each(key('f', be(uint64(id)), be(from)), after(prefix), func(k, hop []byte) (bool, error) {
		return do(binary.BigEndian.Uint64(k[len(prefix):]), hop), nil
	})
}

// Unvouched calls do with the number of each batch that has evidence on a chain without a
// voucher of the beacon chain, or without one of witnesses.
func (s *Store) Unvouched(id verifier.ChainID, do func(batch uint64, beacon, witnesses bool)) error {
	prefix := key('e', be(uint64(id)))
	return s.each(prefix, after(prefix), func(k, value []byte) (bool, error) {
		var e struct {
			Beacon       []byte   `cbor:"9,keyasint"`
			Cosignatures []string `cbor:"10,keyasint"`
		}
		if err := cbor.Unmarshal(value, &e); err != nil {
			return false, err
		}
		if len(e.Beacon) == 0 || len(e.Cosignatures) == 0 {
			do(binary.BigEndian.Uint64(k[len(prefix):]), len(e.Beacon) == 0, len(e.Cosignatures) == 0)
		}
		return true, nil
	})
}
