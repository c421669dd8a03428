package store

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
	"github.com/hallmark-node/hallmark/anchor/store/pebblekv"
)

// format is the version of the layout in the package comment.
const format = 4

// Errors, which others wrap.
var (
	ErrNotFound    = kv.ErrNotFound    // there is no such record
	ErrUnavailable = kv.ErrUnavailable // the store cannot be reached now, which says nothing about a record
	ErrLeaseLost   = kv.ErrLeaseLost   // an update was not made, because another process has taken over
	ErrFull        = kv.ErrFull        // there is no room, and nothing was written
	ErrLocked      = pebblekv.ErrLocked
)

// Store is a node's state. All methods may be called by many goroutines.
type Store struct {
	reader

	engine  kv.Engine
	folder  *pebblekv.Folder // nil if the engine is another one
	durable atomic.Uint64    // a sequence number up to which all submissions are known to be durable

	versions versions
}

// Options are those of a folder.
type Options = pebblekv.Options

// Open opens the folder dir, which is made if it is not there.
func Open(dir string, o Options) (*Store, error) {
	folder, err := pebblekv.Open(dir, o)
	if err != nil {
		return nil, err
	}
	s, err := New(folder)
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	s.folder = folder
	if !o.ReadOnly {
		err = s.clean()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// New returns the store of which an engine has the records. Once it has returned a store, that
// closes the engine.
func New(engine kv.Engine) (*Store, error) {
	s := &Store{reader: reader{engine}, engine: engine}
	version, err := s.format()
	if errors.Is(err, ErrNotFound) {
		err = s.Update(func(tx *Tx) error {
			if version, err = tx.format(); !errors.Is(err, ErrNotFound) {
				return err // another process was faster
			}
			version = format
			return tx.put(formatKey, version)
		})
	}
	if err != nil {
		return nil, err
	}
	if version != format {
		return nil, fmt.Errorf("the data of the node has format %d, this program knows %d: "+
			"use the version of the program that wrote it, or begin anew elsewhere", version, format)
	}
	return s, nil
}

var formatKey = metaKey("format")

func (r reader) format() (version uint64, err error) {
	err = r.get(formatKey, &version)
	return version, err
}

// Close ends the store and its engine. No other method may be running or be called later.
func (s *Store) Close() error { return s.engine.Close() }

// Folder returns the folder that the store was opened in with [Open], which can do more than other
// engines: nil if it has another one.
func (s *Store) Folder() *pebblekv.Folder { return s.folder }

// Usage returns the bytes that the store takes, about.
func (s *Store) Usage() (uint64, error) { return s.engine.Usage() }

// Update runs change and writes all that it put, or nothing if it returns an error. It returns
// nil only once that is durable. If a lease that is held has ended, nothing is written, and the
// error wraps [ErrLeaseLost].
//
// Updates are as if they ran one at a time, if change reads by its Tx what it changes. It may be
// run again when another one got between: so it begins anew each time, calls no network, and does
// nothing else that matters.
func (s *Store) Update(change func(*Tx) error, held ...kv.Lease) error {
	var touched touched
	defer touched.end()
	return s.engine.Update(func(under kv.Tx) error {
		tx := &Tx{reader: reader{under}, kv: under, versions: &s.versions}
		if err := change(tx); err != nil {
			return err
		}
		touched.begin(tx.touched)
		return nil
	}, held...)
}

// Tx is one change of the store, valid during its [Store.Update]. What it reads holds what it
// has put.
type Tx struct {
	reader

	kv       kv.Tx
	versions *versions
	touched  []*version // that it changes, each once
}

func (tx *Tx) put(key []byte, record any) error {
	value, err := encMode.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode a %T: %w", record, err)
	}
	return tx.kv.Set(key, value)
}
