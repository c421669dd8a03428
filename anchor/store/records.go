package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/fxamacker/cbor/v2"
)

var encMode = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// view calls do with the value under key, which is valid during the call.
func view(from pebble.Reader, key []byte, do func([]byte) error) error {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read from the data folder: %w", err)
	}
	return errors.Join(do(value), closer.Close())
}

func (s *Store) view(key []byte, do func([]byte) error) error { return view(s.db, key, do) }

// get decodes the record under key.
func get(from pebble.Reader, key []byte, record any) error {
	return view(from, key, func(value []byte) error {
		if err := cbor.Unmarshal(value, record); err != nil {
			return fmt.Errorf("record under %q: %w", key[:1], err)
		}
		return nil
	})
}

func (s *Store) get(key []byte, record any) error { return get(s.db, key, record) }

// bytes returns a copy of the value under key.
func (s *Store) bytes(key []byte) (copied []byte, err error) {
	err = s.view(key, func(value []byte) error {
		copied = append(copied, value...)
		return nil
	})
	return copied, err
}

// number returns the 8-byte number under key.
func number(from pebble.Reader, key []byte) (n uint64, err error) {
	err = view(from, key, func(value []byte) error {
		if len(value) != 8 {
			return fmt.Errorf("record under %q has %d bytes, want 8", key[:1], len(value))
		}
		n = binary.BigEndian.Uint64(value)
		return nil
	})
	return n, err
}

// last returns the number of the last key of a kind whose keys begin with one, or 0.
func (s *Store) last(kind byte) (uint64, error) { return lastNumber(s.db, kind) }

func lastNumber(from pebble.Reader, kind byte) (n uint64, err error) {
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
	if err != nil {
		return 0, err
	}
	if it.Last() {
		if k := it.Key(); len(k) == keyLengths[kind] {
			n = binary.BigEndian.Uint64(k[1:])
		} else {
			err = fmt.Errorf("the data folder is damaged: a key of kind %c has %d bytes", kind, len(k))
		}
	}
	return n, errors.Join(err, it.Close())
}

// each calls do with the keys and values of a range, in order, until it returns
// false. The slices are valid during the call only.
func (s *Store) each(lower, upper []byte, do func(key, value []byte) (bool, error)) (err error) {
	if len(lower) == 0 {
		lower = nil // to Pebble an empty bound is a key that has no first byte
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if more, err := do(it.Key(), value); err != nil || !more {
			return err
		}
	}
	return nil
}

// eachNumber calls do with each number from first on with which keys of a kind begin.
func (s *Store) eachNumber(kind byte, first uint64, do func(uint64) error) (err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: key(kind, be(first)), UpperBound: []byte{kind + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; {
		k := it.Key()
		if len(k) < 9 {
			return fmt.Errorf("the data folder is damaged: a key of kind %c has %d bytes", kind, len(k))
		}
		n := binary.BigEndian.Uint64(k[1:])
		if err := do(n); err != nil {
			return err
		}
		ok = it.SeekGE(after(key(kind, be(n))))
	}
	return it.Error()
}

func key(kind byte, parts ...[]byte) []byte {
	k := []byte{kind}
	for _, p := range parts {
		k = append(k, p...)
	}
	return k
}

func metaKey(name string) []byte { return key('m', []byte(name)) }

func be(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// after returns the first key that does not begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		end[i]++
		if end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
