package verifier

import (
	"errors"
	"fmt"
)

var errRLP = errors.New("malformed RLP")

// rlpItem is one item of an RLP encoding (Ethereum Yellow Paper, appendix B).
type rlpItem struct {
	list    bool
	content []byte // payload: the string, or the encodings of the list's items
	raw     []byte // the whole encoding
}

// rlpNext reads the first item of b, which must be encoded canonically, and
// returns what follows it.
func rlpNext(b []byte) (item rlpItem, rest []byte, err error) {
	if len(b) == 0 {
		return item, nil, errRLP
	}
	first := b[0]
	var head, size int
	switch {
	case first < 0x80:
		return rlpItem{content: b[:1], raw: b[:1]}, b[1:], nil
	case first < 0xb8:
		head, size = 1, int(first-0x80)
	case first < 0xc0:
		head, size, err = rlpLongSize(b, int(first-0xb7))
	case first < 0xf8:
		head, size = 1, int(first-0xc0)
	default:
		head, size, err = rlpLongSize(b, int(first-0xf7))
	}
	if err != nil || size > len(b)-head {
		return item, nil, errRLP
	}
	if first == 0x81 && b[1] < 0x80 {
		return item, nil, errRLP // a small byte is its own encoding
	}
	item = rlpItem{list: first >= 0xc0, content: b[head : head+size], raw: b[:head+size]}
	return item, b[head+size:], nil
}

// rlpLongSize reads a size written in n bytes after the first one.
func rlpLongSize(b []byte, n int) (head, size int, err error) {
	if n > 4 || len(b) < 1+n || b[1] == 0 {
		return 0, 0, errRLP
	}
	for _, c := range b[1 : 1+n] {
		size = size<<8 | int(c)
	}
	if size < 56 {
		return 0, 0, errRLP
	}
	return 1 + n, size, nil
}

// rlpList reads b as one list and nothing else, of at most limit items.
func rlpList(b []byte, limit int) ([]rlpItem, error) {
	outer, rest, err := rlpNext(b)
	if err != nil {
		return nil, err
	}
	if !outer.list || len(rest) != 0 {
		return nil, errRLP
	}
	var items []rlpItem
	for rest = outer.content; len(rest) > 0; {
		var item rlpItem
		if item, rest, err = rlpNext(rest); err != nil {
			return nil, err
		}
		if len(items) == limit {
			return nil, fmt.Errorf("%w: a list of more than %d items", errRLP, limit)
		}
		items = append(items, item)
	}
	return items, nil
}

// hash reads item as a string of 32 bytes.
func (item rlpItem) hash() (h Hash, err error) {
	if item.list || len(item.content) != len(h) {
		return h, errRLP
	}
	copy(h[:], item.content)
	return h, nil
}

// uint64 reads item as an integer without leading zeros.
func (item rlpItem) uint64() (n uint64, err error) {
	if item.list || len(item.content) > 8 || len(item.content) > 0 && item.content[0] == 0 {
		return 0, errRLP
	}
	for _, c := range item.content {
		n = n<<8 | uint64(c)
	}
	return n, nil
}
