package store

import (
	"bytes"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// StatusList is one version of an issuer's status list. Older versions are kept:
// evidence that proves an older root needs the list behind it. The items are in
// the published blocks.
type StatusList struct {
	Issuer   verifier.Address `cbor:"1,keyasint"`
	Version  uint64           `cbor:"2,keyasint"`
	Root     merkle.Hash      `cbor:"3,keyasint"`
	Manifest merkle.Hash      `cbor:"4,keyasint"` // sha2-256 digest of the published manifest
	Count    uint64           `cbor:"5,keyasint"` // items
	StoredAt int64            `cbor:"6,keyasint"` // Unix milliseconds
}

// PutStatusList writes a list's record; its blocks are put with [Tx.PutBlock].
func (tx *Tx) PutStatusList(l *StatusList) error {
	return tx.put(key('i', l.Issuer[:], be(l.Version), l.Root[:]), l)
}

// StatusListAt returns the newest list of an issuer that has a root.
func (s *Store) StatusListAt(issuer verifier.Address, root merkle.Hash) (l StatusList, err error) {
	err = ErrNotFound
	prefix := key('i', issuer[:])
	scan := s.each(prefix, after(prefix), func(k, value []byte) (bool, error) {
		if !bytes.Equal(k[len(k)-merkle.Size:], root[:]) {
			return true, nil
		}
		l = StatusList{}
		err = cbor.Unmarshal(value, &l)
		return err == nil, err
	})
	if scan != nil {
		return l, scan
	}
	return l, err
}

// StatusLists returns up to limit lists by issuer, version and root, those that come after one
// with the issuer, version and root of after; from the first if that is zero.
func (s *Store) StatusLists(after StatusList, limit int) (lists []StatusList, err error) {
	from := []byte{'i'}
	if after.Issuer != (verifier.Address{}) {
		from = append(key('i', after.Issuer[:], be(after.Version), after.Root[:]), 0)
	}
	err = s.each(from, []byte{'i' + 1}, func(_, value []byte) (bool, error) {
		var l StatusList
		if err := cbor.Unmarshal(value, &l); err != nil {
			return false, err
		}
		lists = append(lists, l)
		return len(lists) < limit, nil
	})
	return lists, err
}
