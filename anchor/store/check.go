package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Damage is one thing that is wrong with a store.
type Damage struct {
	Where  string `json:"where"`  // which record: "submission 5", "batch 3"
	What   string `json:"what"`   // what is wrong with it
	Remedy string `json:"remedy"` // what to do
}

func (d Damage) String() string { return d.Where + ": " + d.What + "; " + d.Remedy }

const (
	remedyRestore = "restore a backup, and submit again what came after it"
	remedyIgnore  = "nothing is lost by it; restore a backup to be rid of it"
)

// Checked counts what [Store.Check] looked at.
type Checked struct {
	Submissions uint64 `json:"submissions"`
	Leaves      uint64 `json:"leaves"`
	Batches     uint64 `json:"batches"`
	Blocks      uint64 `json:"blocks"`
	BlockBytes  uint64 `json:"blockBytes"`
	Operations  uint64 `json:"operations"`
	Evidence    uint64 `json:"evidence"`
	StatusLists uint64 `json:"statusLists"`
	Shares      uint64 `json:"shares"`
}

// Check rebuilds everything that can be rebuilt and compares it with what is
// stored: roots, ids and signatures of submissions from their leaves, the leaf
// index, the digests of published blocks, batch roots from their submissions and
// once more from their published blocks, status list roots from their entries, and
// the evidence of final batches, with the verifier. It calls found for each damage
// and goes on; an error says that it could not, and it is never damage. It holds
// one submission and the ids of one batch in memory. Nothing else may write
// meanwhile: open a folder with Options.ReadOnly, and stop the processes of a cluster.
func (s *Store) Check(ctx context.Context, found func(Damage)) (Checked, error) {
	c := newChecker(ctx, s, found)
	// Everything is read once first. Where the files do not hold, each look at the
	// bad block would take seconds, in which Pebble searches for the bit that flipped.
	if err := c.keys(); err != nil {
		if ctx.Err() == nil && !errors.Is(err, ErrUnavailable) {
			c.damage("the files of the data folder", "they are damaged, and nothing more was checked: %s", oneLine(err))
			err = nil
		}
		return c.Checked, errors.Join(ctx.Err(), err)
	}
	for _, step := range []func() error{
		c.chains, c.blocks, c.submissions, c.ids, c.leafIndex, c.trees, c.batches, c.operations, c.evidence, c.statusLists, c.issuers, c.shares,
		c.finals, c.operators,
	} {
		if err := step(); err != nil {
			return c.Checked, err
		}
		if c.unavailable != nil {
			return c.Checked, c.unavailable
		}
	}
	return c.Checked, nil
}

// checker is one run of [Store.Check]. Its steps return an error only if ctx is done.
type checker struct {
	Checked
	s     *Store
	ctx   context.Context //nolint:containedctx // it lives as long as one call
	found func(Damage)

	bound []Chain
	pages uint64   // of kind l that there should be
	index indexSum // of the leaf index as it should be

	// unavailable is set once something could not be read that may be there.
	unavailable error
}

func newChecker(ctx context.Context, s *Store, found func(Damage)) *checker {
	return &checker{s: s, ctx: ctx, found: found, index: indexSum{seed: maphash.MakeSeed()}}
}

func (c *checker) damage(where, what string, args ...any) {
	c.found(Damage{where, fmt.Sprintf(what, args...), remedyRestore})
}

// surplus is damage by which nothing is lost.
func (c *checker) surplus(where, what string, args ...any) {
	c.found(Damage{where, fmt.Sprintf(what, args...), remedyIgnore})
}

// readable reports whether err is nil, and else that a record cannot be read.
func (c *checker) readable(where string, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, ErrUnavailable):
		c.unavailable = errors.Join(c.unavailable, fmt.Errorf("%s: %w", where, err))
	case errors.Is(err, ErrNotFound):
		c.damage(where, "it is missing")
	default:
		c.damage(where, "%s", oneLine(err))
	}
	return false
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// each calls do with each record of a kind whose key has the right length. What
// cannot be read is damage.
func (c *checker) each(kind byte, do func(key, value []byte)) error {
	err := c.s.each([]byte{kind}, []byte{kind + 1}, func(k, v []byte) (bool, error) {
		if err := errors.Join(c.ctx.Err(), c.unavailable); err != nil {
			return false, err
		}
		if length := keyLengths[kind]; length == 0 || len(k) == length {
			do(k, v)
		}
		return true, nil
	})
	if err != nil && c.ctx.Err() == nil && c.unavailable == nil {
		if errors.Is(err, ErrUnavailable) {
			c.unavailable = err
			return err
		}
		c.damage(fmt.Sprintf("records of kind %c", kind),
			"the files are damaged, and those after the first bad block were not checked: %s", oneLine(err))
	}
	return errors.Join(c.ctx.Err(), c.unavailable)
}

// eachNumbered is each for records that are numbered from 1 on, decoded.
func eachNumbered[T any](c *checker, kind byte, name string, do func(n uint64, record *T)) (last uint64, err error) {
	err = c.each(kind, func(k, v []byte) {
		n := binary.BigEndian.Uint64(k[1:])
		for last++; last < n; last++ {
			c.damage(fmt.Sprintf("%s %d", name, last), "it is missing")
		}
		var record T
		if err := cbor.Unmarshal(v, &record); err != nil {
			c.damage(fmt.Sprintf("%s %d", name, n), "the record cannot be decoded: %s", oneLine(err))
			return
		}
		do(n, &record)
	})
	return last, err
}

// eachLookup is each for records that are numbers. name names one by the rest of its key.
func (c *checker) eachLookup(kind byte, name func(rest []byte) string, do func(where string, rest []byte, n uint64)) error {
	return c.each(kind, func(k, v []byte) {
		where := name(k[1:])
		if len(v) != 8 {
			c.damage(where, "the record has %d bytes, want 8", len(v))
			return
		}
		do(where, k[1:], binary.BigEndian.Uint64(v))
	})
}

// keyLengths are the lengths of the keys of each kind, zero for any.
var keyLengths = map[byte]int{
	'm': 0, 'k': 9, 'n': 9, 's': 33, 'l': 13, 'x': 17, 'v': 9, 'c': 33, 'y': 33, 'z': 33,
	'b': 9, 'q': 9, 'r': 33, 't': 13, 'o': 9, 'p': 17,
	'a': 17, 'e': 37, 'i': 61, 'u': 29, 'w': 29, 'd': 37, 'D': 37, 'h': 21, 'f': 17, 'g': 9, 'j': 33, 'J': 33, 'F': 9,
	'Q': 21, 'K': 6, 'U': 30, 'A': 9, 'M': 25,
}

// keys reads all, and looks for what no version of this program writes.
func (c *checker) keys() error {
	return c.s.each([]byte{0}, nil, func(k, _ []byte) (bool, error) {
		where := func() string { return fmt.Sprintf("key 0x%x", k[:min(len(k), 64)]) }
		if length, known := keyLengths[k[0]]; !known {
			c.surplus(where(), "it is of no known kind")
		} else if length > 0 && len(k) != length {
			c.surplus(where(), "it has %d bytes, those of its kind have %d", len(k), length)
		}
		return true, c.ctx.Err()
	})
}

// chains checks what the folder is bound to.
func (c *checker) chains() error {
	n := 0
	err := c.each('k', func(k, v []byte) {
		n++
		var chain Chain
		where := fmt.Sprintf("binding to chain %d", binary.BigEndian.Uint64(k[1:]))
		if !c.decoded(where, v, &chain) {
			return
		}
		if uint64(chain.Chain) != binary.BigEndian.Uint64(k[1:]) || chain.Genesis.IsZero() || chain.Registry.IsZero() {
			c.damage(where, "it names registry %s with genesis %s", chain.Home(), chain.Genesis)
		}
		c.bound = append(c.bound, chain)
	})
	if err != nil || n > 0 {
		return err
	}
	if accepted, err := c.s.Accepted(); err != nil || accepted > 0 {
		c.damage("binding to a chain", "it is missing")
	}
	return nil
}

// chain returns what is known of a bound chain, nil if it is not bound.
func (c *checker) chain(id verifier.ChainID) *Chain {
	for i := range c.bound {
		if c.bound[i].Chain == id {
			return &c.bound[i]
		}
	}
	return nil
}

// blocks hashes every published block.
func (c *checker) blocks() error {
	check := func(k, v []byte) {
		c.Blocks++
		c.BlockBytes += uint64(len(v))
		if digest := sha256.Sum256(v); digest != [sha256.Size]byte(k[1:]) {
			c.damage("block "+merkle.Hash(k[1:]).String(), "its content has the digest %s", merkle.Hash(digest))
		}
	}
	if err := c.each('c', check); err != nil {
		return err
	}
	for _, kind := range []byte{'y', 'z'} {
		err := c.each(kind, func(k, _ []byte) {
			digest := merkle.Hash(k[1:])
			if b, err := c.s.Block(digest); c.readable("block "+digest.String(), err) {
				check(k, b)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// block is a [publish.Getter].
func (c *checker) block(_ context.Context, id cid.Cid) ([]byte, error) {
	hash := id.Hash()
	data, err := c.s.Block(merkle.Hash(hash[len(hash)-merkle.Size:]))
	if errors.Is(err, ErrNotFound) {
		err = errors.New("it is missing")
	}
	return data, err
}

// count returns the number of records of a kind.
func (c *checker) count(kind byte) (n uint64, err error) {
	err = c.each(kind, func(_, _ []byte) { n++ })
	return n, err
}

// number checks that a number is stored under a key.
func (c *checker) number(where string, key []byte, want uint64) {
	got, err := c.s.number(key)
	if c.readable(where, err) && got != want {
		c.damage(where, "it leads to %d, not to %d", got, want)
	}
}

// has reports whether there is a record under a key, and its damage if that cannot be said.
func (c *checker) has(where string, key []byte) bool {
	there, err := c.s.has(key)
	return !c.readable(where, err) || there
}
