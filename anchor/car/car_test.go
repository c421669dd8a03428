package car_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	gocar "github.com/ipld/go-car/v2"
	"github.com/ipld/go-car/v2/storage"
	"github.com/multiformats/go-multihash"
	"github.com/multiformats/go-varint"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// block makes a block of a codec.
func block(t testing.TB, codec uint64, data string) publish.Block {
	t.Helper()
	c, err := cid.V1Builder{Codec: codec, MhType: multihash.SHA2_256}.Sum([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return publish.Block{CID: c, Data: []byte(data)}
}

// link is a link as dag-cbor writes it.
func link(c cid.Cid) string { return "\xd8\x2a\x58\x25\x00" + c.KeyString() }

// write makes a CAR of blocks.
func write(t testing.TB, roots []cid.Cid, blocks ...publish.Block) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := car.NewWriter(&out, roots)
	for _, b := range blocks {
		err = errors.Join(err, w.Put(b))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read takes a CAR apart: what is good, what is bad, and how it ended.
func read(data io.Reader) (good []publish.Block, bad []string, err error) {
	r, err := car.NewReader(data)
	if err != nil {
		return nil, nil, err
	}
	for {
		b, err := r.Next()
		var wrong *car.BadBlockError
		switch {
		case errors.As(err, &wrong):
			bad = append(bad, wrong.CID.String())
		case errors.Is(err, io.EOF):
			return good, bad, nil
		case err != nil:
			return good, bad, err
		default:
			good = append(good, b)
		}
	}
}

// What is written is what go-car writes, and comes back.
func TestAsGoCar(t *testing.T) {
	blocks := []publish.Block{
		block(t, cid.Raw, "leaves"), block(t, cid.Raw, strings.Repeat("x", publish.MaxBlock)),
		block(t, cid.DagCBOR, "\xa0"), block(t, cid.Raw, ""),
	}
	for n := 1; n <= len(blocks); n++ {
		var roots []cid.Cid
		for _, b := range blocks[:n] {
			roots = append(roots, b.CID)
		}
		var want bytes.Buffer
		w, err := storage.NewWritable(&want, roots, gocar.WriteAsCarV1(true))
		for _, b := range blocks {
			err = errors.Join(err, w.Put(t.Context(), b.CID.KeyString(), b.Data))
		}
		if err != nil {
			t.Fatal(err)
		}
		data := write(t, roots, blocks...)
		if !bytes.Equal(data, want.Bytes()) {
			t.Errorf("with %d roots it is not what go-car writes", n)
		}
		r, err := car.NewReader(bytes.NewReader(data))
		if err != nil || !slices.Equal(r.Roots(), roots) {
			t.Errorf("%d roots of %d, %v", len(r.Roots()), n, err)
		}
		good, bad, err := read(bytes.NewReader(data))
		same := func(a, b publish.Block) bool { return a.CID == b.CID && bytes.Equal(a.Data, b.Data) }
		if err != nil || len(bad) > 0 || !slices.EqualFunc(good, blocks, same) {
			t.Errorf("%d blocks of %d, %q, %v", len(good), len(blocks), bad, err)
		}
	}
}

// hostile are CARs that nobody should have made: how many blocks are good and bad, and
// whether it can be read to its end.
func hostile(t testing.TB) map[string]struct {
	data      []byte
	good, bad int
	whole     bool
} {
	a, b := block(t, cid.Raw, "a"), block(t, cid.DagCBOR, "\x80")
	forged := publish.Block{CID: a.CID, Data: []byte("another")}
	long := block(t, cid.Raw, strings.Repeat("x", publish.MaxBlock+1))
	pb := block(t, cid.DagProtobuf, "")
	v0 := publish.Block{CID: cid.NewCidV0(pb.CID.Hash()), Data: pb.Data}
	sum, err := multihash.Sum([]byte("i"), multihash.IDENTITY, -1)
	if err != nil {
		t.Fatal(err)
	}
	identity := publish.Block{CID: cid.NewCidV1(cid.Raw, sum), Data: []byte("i")}
	blake, err := multihash.Sum([]byte("b"), multihash.BLAKE3, 32)
	if err != nil {
		t.Fatal(err)
	}
	blake3 := publish.Block{CID: cid.NewCidV1(cid.Raw, blake), Data: []byte("b")}
	good := write(t, []cid.Cid{a.CID}, a, b)
	with := func(tail string) []byte { return append(slices.Clone(good), tail...) }
	head := func(hexText string) []byte {
		data, err := hex.DecodeString(hexText)
		if err != nil {
			t.Fatal(err)
		}
		return append(varint.ToUvarint(uint64(len(data))), data...)
	}
	return map[string]struct {
		data      []byte
		good, bad int
		whole     bool
	}{
		"good":                         {good, 2, 0, true},
		"no roots":                     {write(t, nil, a), 1, 0, true},
		"a root that is not there":     {write(t, []cid.Cid{b.CID}, a), 1, 0, true},
		"the same block twice":         {write(t, nil, a, a), 2, 0, true},
		"a forged block between two":   {write(t, nil, b, forged, a), 2, 1, true},
		"a block that is too long":     {write(t, nil, long, a), 1, 1, true},
		"blocks that are none of ours": {write(t, nil, pb, v0, identity, blake3, a), 1, 4, true},
		"cut off within a block":       {good[:len(good)-1], 1, 0, false},
		"cut off within a CID":         {good[:len(good)-20], 1, 0, false},
		"cut off behind a length":      {with("\x26"), 2, 0, false},
		"half a length":                {with("\x80"), 2, 0, false},
		"an endless length":            {with(strings.Repeat("\x80", 40)), 2, 0, false},
		"a huge length":                {with("\xff\xff\xff\xff\xff\xff\xff\x7f"), 2, 0, false},
		"a length of zero":             {with("\x00" + "\x00"), 2, 0, false},
		"a length that is not minimal": {with("\x81\x00\x01"), 2, 0, false},
		"a CID alone":                  {with("\x24" + a.CID.KeyString()), 2, 1, true},
		"no CID":                       {with("\x02\x01\x02"), 2, 0, false},
		"nothing":                      {nil, 0, 0, false},
		"text":                         {[]byte("<!doctype html><title>404</title>"), 0, 0, false},
		"a head of 100 MiB":            {append(varint.ToUvarint(100<<20), 0xa2), 0, 0, false},
		"version 2":                    {head("a16776657273696f6e02"), 0, 0, false},
		"version 3":                    {head("a265726f6f7473806776657273696f6e03"), 0, 0, false},
		"a head without roots":         {head("a16776657273696f6e01"), 0, 0, true},
		"roots that are no links":      {head("a265726f6f7473816161" + "6776657273696f6e01"), 0, 0, false},
		"a head that nests":            {append(varint.ToUvarint(1<<20), bytes.Repeat([]byte{0x81}, 1<<20)...), 0, 0, false},
		"endless":                      {bytes.Repeat(varint.ToUvarint(1), 1<<20), 0, 0, false},
	}
}

func TestHostile(t *testing.T) {
	for name, c := range hostile(t) {
		good, bad, err := read(bytes.NewReader(c.data))
		if len(good) != c.good || len(bad) != c.bad || (err == nil) != c.whole || err != nil && !errors.Is(err, car.ErrNotCAR) {
			t.Errorf("%s: %d blocks, bad %q, %v", name, len(good), bad, err)
		}
	}
}

// A file hands out what it has, in any order, and knows what is not what it should be.
func TestFile(t *testing.T) {
	for name, c := range hostile(t) {
		path := filepath.Join(t.TempDir(), "blocks.car")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		good, bad, readErr := read(bytes.NewReader(c.data))
		f, err := car.Open(path)
		if err != nil {
			if len(good) > 0 || !errors.Is(err, car.ErrNotCAR) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if whole := readErr == nil; f.Whole() != whole {
			t.Errorf("%s: whole %v, read %v", name, f.Whole(), readErr)
		}
		for _, b := range good {
			data, err := f.Block(t.Context(), b.CID)
			var wrong *car.BadBlockError
			if errors.As(err, &wrong) && slices.Contains(bad, b.CID.String()) {
				continue // the forged one comes first in the file
			}
			if err != nil || !bytes.Equal(data, b.Data) {
				t.Errorf("%s: block %s: %v", name, b.CID, err)
			}
		}
		if _, err := f.Block(t.Context(), publish.ManifestCID([32]byte{1})); !errors.Is(err, car.ErrNotFound) {
			t.Errorf("%s: a block that is not there: %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWalk(t *testing.T) {
	leaf, other := block(t, cid.Raw, "leaf"), block(t, cid.Raw, "other")
	page := block(t, cid.DagCBOR, "\x82"+link(leaf.CID)+link(other.CID))
	root := block(t, cid.DagCBOR, "\x83"+link(page.CID)+link(leaf.CID)+link(page.CID))
	all := map[cid.Cid]publish.Block{}
	for _, b := range []publish.Block{leaf, other, page, root} {
		all[b.CID] = b
	}
	get := func(_ context.Context, c cid.Cid) ([]byte, error) {
		if b, ok := all[c]; ok {
			return b.Data, nil
		}
		return nil, car.ErrNotFound
	}
	walk := func(skip func(cid.Cid) bool) (names string, err error) {
		seen := map[cid.Cid]bool{}
		err = car.Walk(t.Context(), get, root.CID, func(c cid.Cid) bool { return skip != nil && seen[c] }, func(b publish.Block) error {
			seen[b.CID] = true
			names += map[cid.Cid]string{leaf.CID: "l", other.CID: "o", page.CID: "p", root.CID: "r"}[b.CID]
			return nil
		})
		return names, err
	}
	if names, err := walk(nil); err != nil || names != "rplolplo" {
		t.Errorf("%s, %v", names, err)
	}
	if names, err := walk(func(cid.Cid) bool { return true }); err != nil || names != "rplo" {
		t.Errorf("each once: %s, %v", names, err)
	}
	delete(all, other.CID)
	if names, err := walk(nil); !errors.Is(err, car.ErrNotFound) || names != "rpl" {
		t.Errorf("with a gap: %s, %v", names, err)
	}
}

// Blocks that cannot be read, or would take more than their share.
func TestLinksOfHostileBlocks(t *testing.T) {
	for name, data := range map[string]string{
		"nesting":          strings.Repeat("\x81", 1<<20),
		"a long list":      "\x9b\x00\x00\x00\xff\xff\xff\xff\xff",
		"a long text":      "\x7b\x00\x00\x00\xff\xff\xff\xff\xff",
		"indefinite":       "\x9f\xff",
		"a link without 0": "\xd8\x2a\x58\x24" + block(t, cid.Raw, "").CID.KeyString(),
		"more behind it":   "\x80\x80",
		"nothing":          "",
	} {
		b := block(t, cid.DagCBOR, data)
		if links, err := car.Links(b.CID, b.Data); err == nil {
			t.Errorf("%s: %d links", name, len(links))
		}
	}
	if _, err := car.Links(block(t, cid.DagJSON, "{}").CID, []byte("{}")); !errors.Is(err, car.ErrCodec) {
		t.Errorf("dag-json: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, c := range hostile(f) {
		if len(c.data) < 4096 {
			f.Add(c.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		good, _, _ := read(bytes.NewReader(data))
		for _, b := range good {
			if sum, err := b.CID.Prefix().Sum(b.Data); err != nil || sum != b.CID {
				t.Errorf("block %s is not that", b.CID)
			}
		}
		path := filepath.Join(t.TempDir(), "f.car")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := car.Open(path)
		if err != nil {
			return
		}
		defer func() { _ = file.Close() }() // nothing was written
		for _, b := range good {
			if got, err := file.Block(t.Context(), b.CID); err == nil && !bytes.Equal(got, b.Data) {
				t.Errorf("block %s has two contents", b.CID)
			}
		}
	})
}

func FuzzLinks(f *testing.F) {
	leaf := block(f, cid.Raw, "leaf")
	f.Add("\x82"+link(leaf.CID)+"\xa1aa"+link(leaf.CID), false)
	f.Add("\x12\x28\x0a\x24"+leaf.CID.KeyString(), true)
	f.Fuzz(func(t *testing.T, data string, pb bool) {
		codec := uint64(cid.DagCBOR)
		if pb {
			codec = cid.DagProtobuf
		}
		if links, err := car.Links(block(t, codec, data).CID, []byte(data)); err == nil && len(links) > len(data) {
			t.Errorf("%d links in %d bytes", len(links), len(data))
		}
	})
}
