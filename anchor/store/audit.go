package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// AuditEntry says what an operator did. Entries are only ever added, and each holds the hash of the
// one before: one that is taken out or changed shows.
type AuditEntry struct {
	Number uint64           `cbor:"1,keyasint"` // 1, 2, 3...
	Time   int64            `cbor:"2,keyasint"` // Unix milliseconds
	Who    string           `cbor:"3,keyasint"`
	What   string           `cbor:"4,keyasint"` // "issuer added"...
	Issuer verifier.Address `cbor:"5,keyasint"` // zero: of none, or of several
	Detail string           `cbor:"6,keyasint,omitempty"`
	Before merkle.Hash      `cbor:"7,keyasint"` // Hash of the entry before; zero for the first

	Hash merkle.Hash `cbor:"-"` // SHA-256 of the record
}

// auditEnd is the newest entry of the audit log, so that its loss shows, too.
type auditEnd struct {
	Number uint64      `cbor:"1,keyasint"`
	Hash   merkle.Hash `cbor:"2,keyasint"`
}

// Audit adds an entry to the audit log, of which the caller leaves Number, Before and Hash.
func (tx *Tx) Audit(e AuditEntry) error {
	var end auditEnd
	if err := tx.get(metaKey("audit"), &end); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	e.Number, e.Before = end.Number+1, end.Hash
	record, err := encMode.Marshal(&e)
	if err != nil {
		return err
	}
	if err := tx.put(key('A', be(e.Number)), &e); err != nil {
		return err
	}
	return tx.put(metaKey("audit"), &auditEnd{e.Number, sha256.Sum256(record)})
}

// EachAuditEntry calls do with the entries of the audit log after one, in order, until it
// returns false.
func (r reader) EachAuditEntry(after uint64, do func(*AuditEntry) bool) error {
	return r.each(key('A', be(after+1)), []byte{'A' + 1}, func(k, value []byte) (bool, error) {
		e := AuditEntry{Hash: sha256.Sum256(value)}
		if err := decodeRecord(k, value, &e); err != nil {
			return false, err
		}
		return do(&e), nil
	})
}

// audit checks that each entry of the audit log holds the hash of the one before, to the end.
func (c *checker) audit() error {
	var end, last auditEnd
	err := c.each('A', func(k, v []byte) {
		var e AuditEntry
		n := binary.BigEndian.Uint64(k[1:])
		where := fmt.Sprintf("entry %d of the audit log", n)
		for last.Number++; last.Number < n; last.Number++ {
			c.damage(fmt.Sprintf("entry %d of the audit log", last.Number), "it is missing")
			last.Hash = merkle.Hash{}
		}
		if c.decoded(where, v, &e) && (e.Number != n || e.Before != last.Hash && (n == 1 || !last.Hash.IsZero())) {
			c.damage(where, "it does not follow the entry before, of which one was changed or taken out")
		}
		last.Hash = sha256.Sum256(v)
	})
	if err != nil {
		return err
	}
	switch err := c.s.get(metaKey("audit"), &end); {
	case errors.Is(err, ErrNotFound) && last.Number == 0:
	case !c.readable("the end of the audit log", err):
	case end.Number != last.Number:
		c.damage("the end of the audit log", "it ends with entry %d, and %d were written", last.Number, end.Number)
	case end != last:
		c.damage("the end of the audit log", "entry %d, the last one, was changed", end.Number)
	}
	return nil
}
