package static

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/renew"
	"github.com/hallmark-node/hallmark/verifier/verifiertest"
)

// files is a folder in memory.
type files map[string][]byte

func (f files) get(_ context.Context, path string, _ int) ([]byte, error) {
	if data, ok := f[path]; ok {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

// folderOf is a folder that has one proof, as batch 1, whose issuer has a status list.
func folderOf(t testing.TB, p *verifier.Proof) files {
	t.Helper()
	leaf := p.Leaf()
	root := merkle.Root(leaf, p.Submission.Path)
	s := Section{Submission: p.Submission, Root: root, At: 0, Of: 2, Page: Page{Leaves: []merkle.Hash{leaf}, Above: p.Submission.Path}}
	encoded := func(v any) []byte {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	e := Evidence{State: Final, Hints: p.Hints}
	for _, a := range p.Anchors {
		a.Status = nil
		e.Anchors = append(e.Anchors, a)
	}
	// The list that verifiertest gives to its issuers.
	var items []verifier.StatusItem
	for i := range 1000 {
		var id merkle.Hash
		new(big.Int).Lsh(big.NewInt(int64(i+1)), 246).FillBytes(id[:])
		items = append(items, verifier.StatusItem{ID: id, Code: verifier.StatusRevoked})
	}
	list, err := verifier.NewStatusList(items)
	if err != nil {
		t.Fatal(err)
	}
	e.Lists = []merkle.Hash{list.Root()}
	index := SegmentOf(1, 1, 1)
	return files{
		ListPath(list.Root()): AppendList(nil, items),
		InfoPath:              encoded(Info{Static: Version, Homes: []verifier.Home{p.Submission.Home}, Batches: 1, Index: []Segment{index}}),
		index.Path(0):         AppendEntries(nil, Entry{[8]byte(leaf[:8]), 1, 0}),
		FilePath(1, 0):        AppendSection(nil, &s),
		IDsPath(1, 0):         AppendPage(nil, Page{Leaves: []merkle.Hash{s.id()}, Above: p.Batch.Path}),
		EvidencePath(1, p.Submission.Issuer, p.Submission.Home.Chain): encoded(e),
		IssuerPath(p.Submission.Issuer, p.Submission.Home):            encoded(Issuer{Version: 3}),
	}
}

func sample(t testing.TB) *verifier.Proof {
	t.Helper()
	return verifiertest.NewBatch(t, 3, 5, func(i int) []byte { return fmt.Append(nil, "document ", i) }).Proof(t, 4)
}

// served puts the proof of p together from a folder, and into p.
func served(p *verifier.Proof, f files) (*verifier.Proof, error) {
	part, err := NewReader(f.get).Proof(context.Background(), merkle.Hash{}, p.Leaf())
	if err != nil {
		return nil, err
	}
	answer, err := part.Answer()
	if err != nil {
		return nil, err
	}
	evidence, err := renew.Served(p, answer)
	if err != nil {
		return nil, err
	}
	return renew.Replace(p, evidence)
}

func pendingOf(p *verifier.Proof) *verifier.Proof {
	pending := *p
	pending.Batch, pending.Anchors = nil, nil
	return &pending
}

// What is put together is the proof, byte for byte.
func TestProof(t *testing.T) {
	p := sample(t)
	got, err := served(pendingOf(p), folderOf(t, p))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := got.Encode()
	b, _ := p.Encode()
	if !bytes.Equal(a, b) {
		t.Errorf("got %s, want %s", a, b)
	}
	reader := NewReader(folderOf(t, p).get)
	if _, err := reader.Proof(t.Context(), merkle.Keccak256([]byte("another")), p.Leaf()); !errors.Is(err, ErrUnknown) {
		t.Errorf("in another submission: %v", err)
	}
	if _, err := reader.Proof(t.Context(), merkle.Hash{}, merkle.Keccak256([]byte("another"))); !errors.Is(err, ErrUnknown) {
		t.Errorf("another leaf: %v", err)
	}
	if i, _, err := reader.Issuer(t.Context(), p.Submission.Issuer, verifier.Home{}); err != nil || i.Version != 3 {
		t.Errorf("the issuer: %+v, %v", i, err)
	}
}

// Whatever a folder holds: an error that says which file, and never another proof.
func TestHostileFolders(t *testing.T) {
	p := sample(t)
	index, file, ids := SegmentOf(1, 1, 1).Path(0), FilePath(1, 0), IDsPath(1, 0)
	evidence := EvidencePath(1, p.Submission.Issuer, p.Submission.Home.Chain)
	replace := func(name, old, now string) func(files) {
		return func(f files) {
			if !bytes.Contains(f[name], []byte(old)) {
				t.Fatalf("%s does not have %q", name, old)
			}
			f[name] = bytes.Replace(bytes.Clone(f[name]), []byte(old), []byte(now), 1)
		}
	}
	flip := func(name string, at int) func(files) {
		return func(f files) { f[name] = bytes.Clone(f[name]); f[name][at] ^= 1 }
	}
	var list string
	for path := range folderOf(t, p) {
		if strings.HasPrefix(path, "lists/") {
			list = path
		}
	}
	for name, c := range map[string]struct {
		change func(files)
		says   string
	}{
		"a page instead":          {func(f files) { f[InfoPath] = []byte("<!doctype html>") }, "no folder of proofs"},
		"a node's":                {replace(InfoPath, `"static":1`, `"other":1`), "no folder of proofs"},
		"a newer layout":          {replace(InfoPath, `"static":1`, `"static":2`), "a newer one may read it"},
		"a segment of nothing":    {replace(InfoPath, `"last":1`, `"last":0`), "part 0 of the index"},
		"a segment beyond":        {replace(InfoPath, `"last":1`, `"last":9`), "part 0 of the index"},
		"negative bits":           {replace(InfoPath, `"bits":0`, `"bits":-1`), "part 0 of the index"},
		"many bits":               {replace(InfoPath, `"bits":0`, `"bits":99`), "part 0 of the index"},
		"no index":                {func(f files) { delete(f, index) }, index},
		"half an entry":           {func(f files) { f[index] = f[index][:10] }, index},
		"an entry of batch 3":     {func(f files) { f[index] = AppendEntries(nil, Entry{leafOf(p), 3, 0}) }, "an entry of batch 3"},
		"a long file":             {func(f files) { f[file] = make([]byte, MaxFile+1) }, "more than"},
		"no file":                 {func(f files) { delete(f, file) }, file},
		"half a section":          {func(f files) { f[file] = f[file][:100] }, "ends within a section"},
		"half a page":             {func(f files) { f[file] = f[file][:180] }, "ends within a page"},
		"submission 0 of 0":       {func(f files) { f[file] = bytes.Clone(f[file]); f[file][168] = 0 }, "submission 0 of 0"},
		"a page of many hashes":   {flip(file, 171-2), "a page of"},
		"another root":            {flip(file, 50), "do not lead to the root"},
		"another signature":       {flip(file, 100), "another submission"},
		"another hash above":      {flip(file, 171+1+40), "do not lead to the root"},
		"no ids":                  {func(f files) { delete(f, ids) }, ids},
		"other ids":               {flip(ids, 5), "does not have submission"},
		"another way to the root": {flip(ids, 3+32+1), "is damaged"},
		"more after the ids":      {func(f files) { f[ids] = append(bytes.Clone(f[ids]), 0) }, "does not have submission"},
		"no evidence":             {func(f files) { delete(f, evidence) }, evidence},
		"evidence of nothing":     {func(f files) { f[evidence] = []byte(`{"state":"final"}`) }, "no anchors"},
		"evidence that is null":   {func(f files) { f[evidence] = []byte(`null`) }, "no anchors"},
		"an array":                {func(f files) { f[evidence] = []byte(`[]`) }, "no evidence"},
		"another header":          {replace(evidence, `"header":"0xf9`, `"header":"0xf8`), "is damaged"},
		"no list":                 {func(f files) { delete(f, list) }, list},
		"half a record":           {func(f files) { f[list] = f[list][:40] }, "no records"},
		"records not in order":    {func(f files) { f[list] = append(bytes.Clone(f[list]), f[list][:recordSize]...) }, "is damaged"},
		"without a record":        {func(f files) { f[list] = f[list][recordSize:] }, "its root is"},
		"a list of nothing":       {func(f files) { f[list] = nil }, "its root is"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			f := maps.Clone(folderOf(t, p))
			c.change(f)
			_, err := served(pendingOf(p), f)
			if err == nil {
				t.Fatal("there is a proof")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
			if errors.Is(err, ErrUnknown) {
				t.Errorf("%v: a fault became an answer", err)
			}
		})
	}
}

func leafOf(p *verifier.Proof) [8]byte { l := p.Leaf(); return [8]byte(l[:8]) }

// FuzzFolder: whatever one file of a folder holds, what comes of it is the same credential's, or none.
func FuzzFolder(f *testing.F) {
	p := sample(f)
	whole := folderOf(f, p)
	for name, data := range whole {
		f.Add(name, data)
	}
	f.Add(ListPath(merkle.Hash{1}), make([]byte, recordSize))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		folder := maps.Clone(whole)
		folder[name] = data
		got, err := served(pendingOf(p), folder)
		if err != nil {
			return
		}
		if got.Credential != p.Credential || got.Salt != p.Salt || got.Submission.Signature != p.Submission.Signature {
			t.Fatal("another proof")
		}
		encoded, err := got.Encode()
		if err == nil {
			_, err = verifier.ParseProof(encoded)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
