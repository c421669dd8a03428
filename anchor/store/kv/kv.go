// Package kv is the seam between what a node knows (package store) and where it lies: an
// ordered map from byte strings to byte strings, with serializable updates, one log with
// gapless numbers, and leases. Two engines have it: a folder with Pebble, for one process, and
// PostgreSQL with S3, for many. Package kvtest has what both must do.
//
// Layout, meaning and encoding of the records are package store's, and the same in both, so a
// node can be copied from one to the other record by record. All that engines know of them is
// [KindEntry] and [KindBulk].
package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// First bytes of keys, which 8 bytes of a number follow, big-endian. Put of an [Entry] sets the
// first with the number of the entry, and if it has a bulk the second with that of the bulk. So
// the greatest such keys tell where numbers go on, also in a copy of a node.
const (
	KindEntry = 'n'
	KindBulk  = 'v'
)

// Errors of engines, which wrap one of these where it applies.
var (
	// ErrNotFound says that there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable says that the engine cannot be reached now: that says nothing about the
	// record. Of an update that was under way it is not known whether it was made.
	ErrUnavailable = errors.New("the store cannot be reached")
	// ErrFull says that there is no room for what is to be written. Nothing was.
	ErrFull = errors.New("the store has no room left")
	// ErrOverLimit says that an entry was not added because a count of it would pass its limit.
	ErrOverLimit = errors.New("the limit is reached")
	// ErrLeaseLost says that an update was not made because a lease of the caller's has ended.
	ErrLeaseLost = errors.New("another process has taken over")
)

// Reader reads records. Slices that a function gets are valid during its call only.
type Reader interface {
	// Get calls do with the value under a key. ErrNotFound: there is none.
	Get(key []byte, do func(value []byte) error) error
	// Scan calls do with the keys of a range and their values, in order, until it returns false.
	// do makes no use of a [Tx] that is scanned.
	Scan(r Range, do func(key, value []byte) (more bool, err error)) error
}

// Range is all keys from Lower on and below Upper; nil has no bound. The order is that of
// bytes, ascending unless Back.
type Range struct {
	Lower, Upper []byte
	Back         bool
}

// Writer collects changes, which happen together. It keeps no slice that it is given.
type Writer interface {
	Set(key, value []byte) error
	Delete(key []byte) error
}

// Tx is one update while it is made. What it reads holds what it has written.
type Tx interface {
	Reader
	Writer
}

// Lease is the right to do something that one process at a time may do. It has ended once
// another process has the same name with a higher epoch.
type Lease struct {
	Name  string
	Epoch uint64 // 1, 2, 3...: grows each time that another holder gets it
}

// Entry is what [Engine.Append] adds to the log.
type Entry struct {
	// ID is a key that no other entry has. It is set to the entry's number, 8 bytes, big-endian.
	ID []byte
	// Put writes what belongs to the entry. It may be called again with another number, and has no
	// effect but on the writer.
	Put func(w Writer, number uint64) error
	// Counts grow with the entry, all or none: not if the entry is there already.
	Counts []Count
	// Bulk is what becomes a part of the store together with the entry, nil if nothing does.
	Bulk Bulk
}

// Count is a number that is kept under a key as 8 bytes, big-endian; it is 0 while nothing is
// there. An entry whose count would grow beyond a limit is not added, whatever is appended at the
// same time: then [Engine.Append] returns [ErrOverLimit]. The counts of an entry have different keys.
type Count struct {
	Key  []byte
	Add  uint64
	Most uint64 // the limit; 0: none
}

// Next returns what is kept under the key once the count has grown, for engines. value is what is
// there before, empty if nothing is. The error wraps [ErrOverLimit] if it would pass the limit.
func (c *Count) Next(value []byte) ([]byte, error) {
	var n uint64
	if len(value) != 0 {
		if len(value) != 8 {
			return nil, fmt.Errorf("a count under %q has %d bytes, want 8", c.Key[:1], len(value))
		}
		n = binary.BigEndian.Uint64(value)
	}
	if c.Most != 0 && (n > c.Most || c.Add > c.Most-n) {
		return nil, ErrOverLimit
	}
	return binary.BigEndian.AppendUint64(nil, n+c.Add), nil
}

// Bulk is many records that are written before it is known whether they will ever count, under
// keys of two kinds that nobody looks for until then. It takes little memory, however many there
// are. One goroutine uses each kind at a time.
type Bulk interface {
	// Pages and Index take the records of each kind, by ascending keys.
	Pages() Writer
	Index() Writer
	// Discard removes what was not appended. It is called at the end in any case.
	Discard()
}

// Engine holds the records of a node. All methods may be called by many goroutines.
type Engine interface {
	Reader

	// GetPart is Get of n bytes of a value from an offset on, which is less to read if the value
	// is large. A value that is too short for that is an error.
	GetPart(key []byte, offset, n int, do func(part []byte) error) error

	// Update runs change and writes all that it put, or nothing if it returns an error. It
	// returns nil only once that is durable. Updates are serializable: as if they ran one at a
	// time. change may be run again if another one got between, so it begins anew each time, calls
	// no network, and has no other effect that matters. If a lease has ended, nothing is
	// written, and the error wraps ErrLeaseLost.
	Update(change func(Tx) error, held ...Lease) error

	// Append adds an entry to the log and returns once it is durable, with its number: 1, 2, 3...
	// without gaps, in the order in which entries can be read. added is false if its ID is there
	// already, then number is that one's, which is durable too. After an error Append may be
	// called again with the same entry, but for a bulk, which is to be discarded.
	Append(e Entry) (number uint64, added bool, err error)

	// Appended returns the number of the newest entry that is durable, with all before it.
	Appended() (uint64, error)

	// NewBulk begins a bulk. number is 1 << 63 or greater, and no other bulk has it.
	NewBulk() (b Bulk, number uint64, err error)

	// PageLeaves is how many leaves lie in one record of a bulk's pages.
	PageLeaves() int

	// Durable returns once all that can be read is durable.
	Durable() error

	// Changes returns a number that grows at the latest a second after an update of another
	// process. Updates of this process need not count.
	Changes() uint64

	// Acquire takes or extends a lease for so long from now on, by the engine's clock. ok is false
	// while another holder has it. A holder is one start of one process.
	Acquire(name, holder string, lasts time.Duration) (l Lease, ok bool, err error)
	// Release ends a lease early, so that another process need not wait for its end.
	Release(l Lease) error

	// Usage returns the bytes that all takes, about.
	Usage() (uint64, error)

	Close() error
}
