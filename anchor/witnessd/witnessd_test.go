package witnessd_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/anchor/witnessd"
	"github.com/hallmark-node/hallmark/testnet/faultproxy"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/witness"
)

func TestCosign(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	block := e.block(t)
	w, log := e.witness(t, folder, 0, ask(t, 0, e.RPC))
	note, err := w.Cosign(block.Number, block.Hash)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, note, block, w.Key())
	if again, err := w.Cosign(block.Number, block.Hash); again != note || err != nil {
		t.Errorf("the second time it is %q, %v", again, err)
	}

	_, err = w.Cosign(block.Number, other)
	if !errors.Is(err, witnessd.ErrConflict) {
		t.Errorf("a second block of the height: %v", err)
	}
	_, err = w.Cosign(block.Number-1, other) // of which none was signed
	if !errors.Is(err, witnessd.ErrConflict) {
		t.Errorf("a block that is not the chain's: %v", err)
	}
	_, err = w.Cosign(block.Number+1000, other)
	if !errors.Is(err, witnessd.ErrNotFinal) {
		t.Errorf("a block to come: %v", err)
	}
	if strings.Contains(log.String(), "ALARM") {
		t.Errorf("strangers can cry wolf: %s", log)
	}

	w, log = e.witness(t, folder, 0, ask(t, 0, e.liar(t).URL))
	if _, err := w.At(t.Context(), block.Number); !errors.Is(err, witnessd.ErrConflict) || !strings.Contains(log.String(), "ALARM") {
		t.Errorf("the servers name a second block of the height: %v, log %s", err, log)
	}
}

// Whatever the servers say later, what was signed stays the only one, and can be had from
// another process when they are gone.
func TestNeverTwice(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	block := e.block(t)
	server := faultproxy.Start(t, e.RPC)
	w, _ := e.witness(t, folder, 0, ask(t, 0, server.URL))
	note, err := w.Cosign(block.Number, block.Hash)
	if err != nil {
		t.Fatal(err)
	}

	server.Set(faultproxy.Fault{Result: lie})
	for name, w := range map[string]*witnessd.Witness{
		"the same":    w,
		"restarted":   reopen(t, e, folder, 0, server.URL),
		"another key": reopen(t, e, folder, 1, server.URL),
	} {
		if _, err := w.Cosign(block.Number, other); !errors.Is(err, witnessd.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.Set(faultproxy.Fault{Drop: true})
	if again, err := reopen(t, e, folder, 0, server.URL).Cosign(block.Number, block.Hash); again != note || err != nil {
		t.Errorf("without a server: %q, %v", again, err)
	}
}

func reopen(t *testing.T, e *env, folder string, seed byte, url string) *witnessd.Witness {
	t.Helper()
	w, _ := e.witness(t, folder, seed, ask(t, 0, url))
	return w
}

// With a new key the blocks that the old one signed are signed once more, if they are still
// the chain's for the servers.
func TestNewKey(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	block := e.block(t)
	first, second := reopen(t, e, folder, 0, e.RPC), reopen(t, e, folder, 1, e.RPC)
	if _, err := first.Cosign(block.Number, block.Hash); err != nil {
		t.Fatal(err)
	}
	note, err := second.Cosign(block.Number, block.Hash)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, note, block, first.Key(), second.Key())
	if again, err := first.Cosign(block.Number, block.Hash); again != note || err != nil {
		t.Errorf("for the old key: %q, %v", again, err)
	}
	third := reopen(t, e, folder, 2, e.liar(t).URL)
	if _, err := third.Cosign(block.Number, block.Hash); !errors.Is(err, witnessd.ErrConflict) {
		t.Errorf("signed again against the word of a server: %v", err)
	}
}

// A signature that verifiers will soon not count any more is made anew, if the servers still
// name the block; else the old one is better than none.
func TestRenewal(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	block := e.block(t)
	server := faultproxy.Start(t, e.RPC)
	w := reopen(t, e, folder, 0, server.URL)
	if _, err := w.Cosign(block.Number, block.Hash); err != nil {
		t.Fatal(err)
	}
	lastYear := time.Now().Add(-365 * 24 * time.Hour).Truncate(time.Second)
	old := witness.Note(block, signer(t, 1).Sign(block, lastYear), signer(t, 0).Sign(block, lastYear))
	path := files(t, folder)[0]
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}

	server.Set(faultproxy.Fault{Drop: true})
	w = reopen(t, e, folder, 0, server.URL)
	if note, err := w.Cosign(block.Number, block.Hash); note != old || err != nil {
		t.Errorf("in an outage: %q, %v", note, err)
	}
	server.Clear()
	note, err := w.Cosign(block.Number, block.Hash)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := witness.Lines(note, block)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := witness.Verify(block, lines, []*witness.Key{signer(t, 1).Key(), w.Key()})
	if err != nil || len(seen) != 2 {
		t.Fatal(seen, err)
	}
	if !seen[0].Time.Equal(lastYear) || time.Since(seen[1].Time) > time.Hour {
		t.Errorf("signed at %s and %s", seen[0].Time, seen[1].Time)
	}
	if data, err := os.ReadFile(path); string(data) != note || err != nil {
		t.Errorf("the file has %q, %v", data, err)
	}
}

// An outage is no answer, and signs nothing.
func TestOutage(t *testing.T) {
	e := start(t)
	block := e.block(t)
	server := faultproxy.Start(t, e.RPC)
	for name, fault := range map[string]faultproxy.Fault{
		"down":     {Drop: true},
		"cut":      {Cut: true},
		"overload": {Status: 429},
		"nonsense": {Body: "<html>"},
		"error":    {Error: "out of order"},
		"null":     {Swallow: "null"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			server.Set(fault)
			w, _ := e.witness(t, folder, 0, ask(t, 0, server.URL))
			_, err := w.Cosign(block.Number, block.Hash)
			says(t, err, "cannot tell")
			if errors.Is(err, witnessd.ErrConflict) || errors.Is(err, witnessd.ErrNotFinal) {
				t.Errorf("an outage is no answer: %v", err)
			}
			if _, _, err := w.Newest(t.Context()); err == nil {
				t.Error("a block was signed")
			}
			if notes := files(t, folder); len(notes) > 0 {
				t.Errorf("there are %v", notes)
			}
			server.Clear()
			if _, err := w.Cosign(block.Number, block.Hash); err != nil {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

// files returns the files in a folder, at any depth.
func files(t *testing.T, folder string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestQuorum(t *testing.T) {
	e := start(t)
	block := e.block(t)
	down := faultproxy.Start(t, e.RPC)
	down.Set(faultproxy.Fault{Drop: true})
	behind := faultproxy.Start(t, e.RPC)
	behind.Set(faultproxy.Stale(block.Number-4, block.Number-6))
	same := faultproxy.Start(t, e.RPC)
	liar := e.liar(t)
	for _, tt := range []struct {
		name   string
		quorum int
		urls   []string
		signs  bool
		kind   error
	}{
		{"two of three", 2, []string{e.RPC, same.URL, down.URL}, true, nil},
		{"all of three", 3, []string{e.RPC, same.URL, down.URL}, false, nil},
		{"two where one is behind", 2, []string{e.RPC, behind.URL}, false, witnessd.ErrNotFinal},
		{"one where one is behind", 1, []string{e.RPC, behind.URL}, true, nil},
		{"one where one lies", 1, []string{e.RPC, liar.URL}, false, witnessd.ErrConflict},
		{"two of three where one lies", 2, []string{e.RPC, same.URL, liar.URL}, false, witnessd.ErrConflict},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "-"), func(t *testing.T) {
			folder := t.TempDir()
			w, log := e.witness(t, folder, 0, ask(t, tt.quorum, tt.urls...))
			_, err := w.Cosign(block.Number, block.Hash)
			if (err == nil) != tt.signs || tt.kind != nil && !errors.Is(err, tt.kind) || tt.kind == nil && errors.Is(err, witnessd.ErrConflict) {
				t.Errorf("got %v", err)
			}
			if alarm := strings.Contains(log.String(), "ALARM"); alarm != (tt.kind == witnessd.ErrConflict) {
				t.Errorf("the log says %s", log)
			}
			if n := len(files(t, folder)); (n > 0) != tt.signs {
				t.Errorf("there are %d files", n)
			}
		})
	}
	// The newest block is one that a quorum has.
	w, _ := e.witness(t, t.TempDir(), 0, ask(t, 2, e.RPC, behind.URL))
	if number, _, err := w.Newest(t.Context()); err != nil || number != block.Number-6 {
		t.Errorf("signed %d, %v; want %d", number, err, block.Number-6)
	}
}

// Many ask for the two blocks of a height at once, of witnesses on one folder that believe
// servers which disagree: only one of the two is ever signed.
func TestRace(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	newest := e.block(t).Number
	honest := reopen(t, e, folder, 0, e.RPC)
	fooled := reopen(t, e, folder, 0, e.liar(t).URL)
	right := make(map[uint64]verifier.Hash)
	for n := newest - 20; n <= newest; n++ {
		right[n] = e.hash(t, n)
	}
	signed := make(map[uint64]map[verifier.Hash]bool)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for n, hash := range right {
		for range 3 {
			for hash, w := range map[verifier.Hash]*witnessd.Witness{hash: honest, other: fooled} {
				wg.Go(func() {
					if _, err := w.Cosign(n, hash); err == nil {
						mu.Lock()
						defer mu.Unlock()
						if signed[n] == nil {
							signed[n] = make(map[verifier.Hash]bool)
						}
						signed[n][hash] = true
					} else if !errors.Is(err, witnessd.ErrConflict) {
						t.Error(err)
					}
				})
			}
		}
	}
	wg.Wait()
	for n := range right {
		if len(signed[n]) != 1 {
			t.Errorf("%d blocks of height %d were signed", len(signed[n]), n)
		}
	}
}

// What cannot be read is not known not to have been signed.
func TestDamagedNote(t *testing.T) {
	e := start(t)
	folder := t.TempDir()
	block := e.block(t)
	w, log := e.witness(t, folder, 0, ask(t, 0, e.RPC))
	if _, err := w.Cosign(block.Number, block.Hash); err != nil {
		t.Fatal(err)
	}
	path := files(t, folder)[0]
	note, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := block
	elsewhere.Genesis[0] ^= 1
	for name, text := range map[string]string{
		"empty":            "",
		"cut off":          string(note[:len(note)/2]),
		"of another chain": witness.Note(elsewhere, "x AAAAAAAA"),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Cosign(block.Number, block.Hash); err == nil || errors.Is(err, witnessd.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(log.String(), "cannot be read") {
		t.Error(log)
	}
}

// Strangers cannot make the witness ask its servers, or write, without end; what it signs of
// itself is not held up by them.
func TestFlood(t *testing.T) {
	e := start(t)
	newest := e.block(t).Number
	for name, tt := range map[string]struct {
		first uint64
		known uint64 // the newest block that the witness knows
	}{
		"blocks to come": {newest + 1, newest},
		"old blocks":     {1, 1 << 20},
	} {
		w, _ := e.witness(t, t.TempDir(), 0, ask(t, 0, e.RPC))
		w.SetNewest(tt.known)
		refused := 0
		for i := range uint64(400) {
			if _, err := w.Cosign(tt.first+i, other); err != nil && strings.Contains(err.Error(), "too many") {
				refused++
			}
		}
		if refused < 50 || refused > 200 {
			t.Errorf("%s: %d of 400 were refused", name, refused)
		}
		if _, _, err := w.Newest(t.Context()); err != nil {
			t.Errorf("%s: of itself: %v", name, err)
		}
	}
}
