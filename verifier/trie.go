package verifier

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hallmark-node/hallmark/merkle"
)

// trieNodes are the nodes of a Merkle Patricia trie that a proof carries, found
// by their own keccak-256 hash only: a name given with a node would have to be
// believed.
type trieNodes struct {
	byHash map[Hash][]byte
	used   map[Hash]bool
	twice  bool // a node was given more than once
}

func newTrieNodes(nodes []Bytes) *trieNodes {
	t := &trieNodes{byHash: make(map[Hash][]byte, len(nodes)), used: make(map[Hash]bool, len(nodes))}
	for _, n := range nodes {
		h := merkle.Keccak256(n)
		if _, ok := t.byHash[h]; ok {
			t.twice = true
		}
		t.byHash[h] = n
	}
	return t
}

// checkUsed returns an error if a node was given twice or served no lookup.
func (t *trieNodes) checkUsed() error {
	if t.twice {
		return fmt.Errorf("%w: a trie node is given twice", errMalformed)
	}
	if n := len(t.byHash) - len(t.used); n > 0 {
		return fmt.Errorf("%w: %d of its trie nodes lead nowhere that this proof needs", errMalformed, n)
	}
	return nil
}

// errMissingNode says that a proof carries too few nodes to tell.
var errMissingNode = errors.New("a trie node is missing")

// emptyTrie is the root of a trie that holds nothing: keccak256(rlp("")).
var emptyTrie = merkle.Keccak256([]byte{0x80})

// lookup walks the secure trie under root to key, which is hashed on the way as
// the state and storage tries do. It returns the value, or nil if the nodes
// prove that there is none. The error is errMissingNode if the nodes prove
// neither, or an errMalformed.
//
// The walk follows the Ethereum Yellow Paper, appendix D.
func (t *trieNodes) lookup(root Hash, key []byte) ([]byte, error) {
	if root == emptyTrie {
		return nil, nil
	}
	path := nibbles(key)
	node, err := t.resolve(root)
	if err != nil {
		return nil, err
	}
	// Each turn but one consumes a nibble, so the walk ends after 65 at most:
	// an extension without nibbles is refused.
	for {
		items, err := trieNode(node)
		if err != nil {
			return nil, err
		}
		var next rlpItem
		if len(items) == 17 {
			if len(path) == 0 {
				return trieValue(items[16])
			}
			next, path = items[path[0]], path[1:]
		} else {
			part, leaf, err := compactPath(items[0])
			if err != nil {
				return nil, err
			}
			if leaf {
				if !bytes.Equal(part, path) {
					return nil, nil
				}
				value, err := trieValue(items[1])
				if err == nil && value == nil {
					err = fmt.Errorf("%w: an empty leaf", errMalformed)
				}
				return value, err
			}
			if len(part) == 0 {
				return nil, fmt.Errorf("%w: an extension without a path", errMalformed)
			}
			if !bytes.HasPrefix(path, part) {
				return nil, nil
			}
			next, path = items[1], path[len(part):]
		}
		switch {
		case next.list:
			node = next.raw
		case len(next.content) == 0:
			return nil, nil
		default:
			h, err := next.hash()
			if err != nil {
				return nil, fmt.Errorf("%w: a trie node refers to its child by %d bytes", errMalformed, len(next.content))
			}
			if node, err = t.resolve(h); err != nil {
				return nil, err
			}
		}
	}
}

// trieNode returns the 2 or 17 items of a node. It refuses what cannot stand in one
// also where no way leads on, as go-ethereum does: no trie of a chain has such a node.
func trieNode(node []byte) ([]rlpItem, error) {
	items, err := rlpList(node, 17)
	if err != nil {
		return nil, fmt.Errorf("%w: trie node: %w", errMalformed, err)
	}
	var children []rlpItem
	switch len(items) {
	case 17:
		children = items[:16]
		_, err = trieValue(items[16])
	case 2:
		var leaf bool
		if _, leaf, err = compactPath(items[0]); err == nil && leaf {
			_, err = trieValue(items[1])
		} else {
			children = items[1:]
		}
	default:
		err = fmt.Errorf("%w: a trie node of %d items", errMalformed, len(items))
	}
	if err != nil {
		return nil, err
	}
	for _, child := range children {
		switch {
		case child.list: // a node of fewer than 32 bytes stands in its parent
			if len(child.raw) >= 32 {
				return nil, fmt.Errorf("%w: a trie node stands in its parent but is too long for it", errMalformed)
			}
			if _, err := trieNode(child.raw); err != nil {
				return nil, err
			}
		case len(child.content) != 0 && len(child.content) != 32:
			return nil, fmt.Errorf("%w: a trie node refers to its child by %d bytes", errMalformed, len(child.content))
		}
	}
	return items, nil
}

func (t *trieNodes) resolve(h Hash) ([]byte, error) {
	node, ok := t.byHash[h]
	if !ok {
		return nil, errMissingNode
	}
	t.used[h] = true
	return node, nil
}

func trieValue(item rlpItem) ([]byte, error) {
	if item.list {
		return nil, fmt.Errorf("%w: a list where a trie value should be", errMalformed)
	}
	if len(item.content) == 0 {
		return nil, nil
	}
	return item.content, nil
}

// nibbles returns the path of key in a secure trie.
func nibbles(key []byte) []byte {
	h := merkle.Keccak256(key)
	path := make([]byte, 0, 64)
	for _, b := range h {
		path = append(path, b>>4, b&0xf)
	}
	return path
}

// compactPath undoes the hex-prefix encoding (Yellow Paper, appendix C).
func compactPath(item rlpItem) (path []byte, leaf bool, err error) {
	c := item.content
	if item.list || len(c) == 0 || len(c) > 33 || c[0] > 0x3f || c[0]&0x10 == 0 && c[0]&0xf != 0 {
		return nil, false, fmt.Errorf("%w: the path of a trie node", errMalformed)
	}
	if c[0]&0x10 != 0 {
		path = append(path, c[0]&0xf)
	}
	for _, b := range c[1:] {
		path = append(path, b>>4, b&0xf)
	}
	return path, c[0]&0x20 != 0, nil
}
