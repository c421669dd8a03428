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

// reader reads records: those of the store, or within an update those that it has put, too.
type reader struct{ from pebble.Reader }

// view calls do with the value under key, which is valid during the call.
func (r reader) view(key []byte, do func([]byte) error) error {
	value, closer, err := r.from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read from the data folder: %w", err)
	}
	return errors.Join(do(value), closer.Close())
}

// get decodes the record under key.
func (r reader) get(key []byte, record any) error {
	return r.view(key, func(value []byte) error {
		if err := cbor.Unmarshal(value, record); err != nil {
			return fmt.Errorf("record under %q: %w", key[:1], err)
		}
		return nil
	})
}

// bytes returns a copy of the value under key.
func (r reader) bytes(key []byte) (copied []byte, err error) {
	err = r.view(key, func(value []byte) error {
		copied = append(copied, value...)
		return nil
	})
	return copied, err
}

// number returns the 8-byte number under key.
func (r reader) number(key []byte) (n uint64, err error) {
	err = r.view(key, func(value []byte) error {
		if len(value) != 8 {
			return fmt.Errorf("record under %q has %d bytes, want 8", key[:1], len(value))
		}
		n = binary.BigEndian.Uint64(value)
		return nil
	})
	return n, err
}

// last returns the number of the last key of a kind whose keys begin with one, or 0.
func (r reader) last(kind byte) (n uint64, err error) {
	it, err := r.from.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
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
func (r reader) each(lower, upper []byte, do func(key, value []byte) (bool, error)) error {
	return r.scan(lower, upper, (*pebble.Iterator).First, (*pebble.Iterator).Next, do)
}

// eachBack is [reader.each] from the end of the range on.
func (r reader) eachBack(lower, upper []byte, do func(key, value []byte) (bool, error)) error {
	return r.scan(lower, upper, (*pebble.Iterator).Last, (*pebble.Iterator).Prev, do)
}

func (r reader) scan(
	lower, upper []byte, first, next func(*pebble.Iterator) bool, do func(key, value []byte) (bool, error),
) (err error) {
	it, err := r.from.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := first(it); ok; ok = next(it) {
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
