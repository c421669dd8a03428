package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

var encMode = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// reader reads records: those of the store, or within an update those that it has put, too.
type reader struct{ from kv.Reader }

// get decodes the record under key.
func (r reader) get(key []byte, record any) error {
	return r.from.Get(key, func(value []byte) error {
		if err := cbor.Unmarshal(value, record); err != nil {
			return fmt.Errorf("record under %q: %w", key[:1], err)
		}
		return nil
	})
}

// bytes returns a copy of the value under key.
func (r reader) bytes(key []byte) (copied []byte, err error) {
	err = r.from.Get(key, func(value []byte) error {
		copied = append(copied, value...)
		return nil
	})
	return copied, err
}

// number returns the 8-byte number under key.
func (r reader) number(key []byte) (n uint64, err error) {
	err = r.from.Get(key, func(value []byte) error {
		if len(value) != 8 {
			return fmt.Errorf("record under %q has %d bytes, want 8", key[:1], len(value))
		}
		n = binary.BigEndian.Uint64(value)
		return nil
	})
	return n, err
}

// has reports whether there is a record under key.
func (r reader) has(key []byte) (bool, error) {
	err := r.from.Get(key, func([]byte) error { return nil })
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// last returns the number of the last key of a kind whose keys begin with one, or 0.
func (r reader) last(kind byte) (n uint64, err error) {
	err = r.eachBack([]byte{kind}, []byte{kind + 1}, func(k, _ []byte) (bool, error) {
		if len(k) != keyLengths[kind] {
			return false, fmt.Errorf("the data is damaged: a key of kind %c has %d bytes", kind, len(k))
		}
		n = binary.BigEndian.Uint64(k[1:])
		return false, nil
	})
	return n, err
}

// each calls do with the keys and values of a range, in order, until it returns
// false. The slices are valid during the call only. Within an update do reads nothing else.
func (r reader) each(lower, upper []byte, do func(key, value []byte) (bool, error)) error {
	return r.from.Scan(kv.Range{Lower: lower, Upper: upper}, do)
}

// eachBack is [reader.each] from the end of the range on.
func (r reader) eachBack(lower, upper []byte, do func(key, value []byte) (bool, error)) error {
	return r.from.Scan(kv.Range{Lower: lower, Upper: upper, Back: true}, do)
}

// eachNumber calls do with each number from first on with which keys of a kind begin.
func (s *Store) eachNumber(kind byte, first uint64, do func(uint64) error) error {
	for lower := key(kind, be(first)); lower != nil; {
		var n uint64
		found := false
		err := s.each(lower, []byte{kind + 1}, func(k, _ []byte) (bool, error) {
			if len(k) < 9 {
				return false, fmt.Errorf("the data is damaged: a key of kind %c has %d bytes", kind, len(k))
			}
			n, found = binary.BigEndian.Uint64(k[1:]), true
			return false, nil
		})
		if err != nil || !found {
			return err
		}
		if err := do(n); err != nil {
			return err
		}
		lower = after(key(kind, be(n)))
	}
	return nil
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
