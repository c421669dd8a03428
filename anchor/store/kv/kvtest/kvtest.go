// Package kvtest says what every engine of package kv must do. Call [Run] in a test of the engine.
package kvtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// Place is where the records of an engine lie, empty at first.
type Place struct {
	// Open opens it. After Close or Crash it is called again.
	Open func(t *testing.T) kv.Engine
	// Crash ends an engine as the end of its process does, and a failure of the power where that can
	// be had. Calls to the engine that are under way may fail, and those that succeed after it do not
	// count.
	Crash func(t *testing.T, e kv.Engine)
	// Alone says why it cannot be opened twice at once. Leases are not tested then. Empty: it can.
	Alone string
}

// Run tests an engine. Each test gets a place of its own.
func Run(t *testing.T, newPlace func(t *testing.T) Place) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Place)
	}{
		{"records", testRecords},
		{"parts", testParts},
		{"scan", testScan},
		{"own writes", testOwnWrites},
		{"update fails", testUpdateFails},
		{"serializable", testSerializable},
		{"append", testAppend},
		{"append in order", testAppendInOrder},
		{"append once", testAppendOnce},
		{"append fails", testAppendFails},
		{"counts", testCount},
		{"bulk", testBulk},
		{"bulk dropped", testBulkDropped},
		{"bulks at once", testBulksAtOnce},
		{"crash", testCrash},
		{"durable", testDurable},
		{"leases", testLeases},
		{"changes", testChanges},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newPlace(t)) })
	}
}

// open opens a place for the rest of the test.
func open(t *testing.T, p Place) kv.Engine {
	t.Helper()
	e := p.Open(t)
	t.Cleanup(func() { shut(t, e) })
	return e
}

func shut(t *testing.T, e kv.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Error("close:", err)
	}
}

// get returns a copy of a value, and whether there is one.
func get(t *testing.T, r kv.Reader, key string) (value string, there bool) {
	t.Helper()
	err := r.Get([]byte(key), func(v []byte) error { value = string(v); return nil })
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("get %q: %v", key, err)
	}
	return value, err == nil
}

// want checks what is under a key.
func want(t *testing.T, r kv.Reader, key, value string) {
	t.Helper()
	if got, there := get(t, r, key); !there || got != value {
		t.Errorf("under %q is %.40q (%d bytes, there %v), want %.40q (%d bytes)", key, got, len(got), there, value, len(value))
	}
}

func wantNone(t *testing.T, r kv.Reader, key string) {
	t.Helper()
	if got, there := get(t, r, key); there {
		t.Errorf("under %q is %.40q, want nothing", key, got)
	}
}

// set writes pairs of keys and values in one update.
func set(t *testing.T, e kv.Engine, pairs ...string) {
	t.Helper()
	err := e.Update(func(tx kv.Tx) error { return setAll(tx, pairs...) })
	if err != nil {
		t.Fatal("update:", err)
	}
}

func setAll(w kv.Writer, pairs ...string) (err error) {
	for i := 0; i < len(pairs); i += 2 {
		err = errors.Join(err, w.Set([]byte(pairs[i]), []byte(pairs[i+1])))
	}
	return err
}

// list returns the keys and values of a range as text.
func list(t *testing.T, r kv.Reader, of kv.Range) (text string) {
	t.Helper()
	err := r.Scan(of, func(k, v []byte) (bool, error) {
		text += fmt.Sprintf("%s=%s ", k, v)
		return true, nil
	})
	if err != nil {
		t.Error("scan:", err)
	}
	return text
}

func be(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// number is the 8 bytes under a key, 0 if there are none.
func number(r kv.Reader, key string) (n uint64, err error) {
	err = r.Get([]byte(key), func(v []byte) error {
		if len(v) != 8 {
			return fmt.Errorf("%d bytes under %q", len(v), key)
		}
		n = binary.BigEndian.Uint64(v)
		return nil
	})
	if errors.Is(err, kv.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// entryKey is that of what an entry puts.
func entryKey(n uint64) string { return string(kv.KindEntry) + string(be(n)) }

// entry returns one with an ID, which puts that under its number.
func entry(id string) kv.Entry {
	return kv.Entry{ID: []byte("s" + id), Put: func(w kv.Writer, n uint64) error {
		return setAll(w, entryKey(n), id)
	}}
}

// add appends an entry that must not be there.
func add(t *testing.T, e kv.Engine, of kv.Entry) uint64 {
	t.Helper()
	n, added, err := e.Append(of)
	if err != nil || !added {
		t.Fatalf("append %q: number %d, added %v, %v", of.ID, n, added, err)
	}
	return n
}

// appended checks how many entries there are, and that none lacks.
func appended(t *testing.T, e kv.Engine, want uint64) {
	t.Helper()
	if n, err := e.Appended(); err != nil || n != want {
		t.Errorf("%d entries appended, %v, want %d", n, err, want)
	}
	next := uint64(1)
	err := e.Scan(kv.Range{Lower: []byte{kv.KindEntry}, Upper: []byte{kv.KindEntry + 1}}, func(k, _ []byte) (bool, error) {
		if string(k) != entryKey(next) {
			t.Errorf("key %x where entry %d belongs", k, next)
		}
		next++
		return true, nil
	})
	if err != nil || next-1 != want {
		t.Errorf("%d entries can be read, %v, want %d", next-1, err, want)
	}
}
