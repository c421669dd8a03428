package publish_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// sealed is one batch with a submission of each way of storing leaves in one page,
// from which hostile copies are made.
type sealed struct {
	batch  publish.Batch
	blocks blocks
	page   cid.Cid
	raw    cid.Cid // leaves of the large submission
	single *publish.Submission
}

func seal(t testing.TB) sealed {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	s := sealed{single: sign(t, testKey(2), 12, sortedHashes(r, 1))}
	s.batch, s.blocks = writeBatch(t, s.single,
		sign(t, testKey(1), 300, sortedHashes(r, 5)),
		sign(t, testKey(3), 70000, sortedHashes(r, publish.MaxInline+1)))
	for c := range s.blocks {
		switch {
		case c.Type() == cid.Raw:
			s.raw = c
		case c != publish.ManifestCID(s.batch.Manifest):
			s.page = c
		}
	}
	return s
}

// replace returns the batch with the data of a block replaced and every link on the
// way to it corrected, so that only the content is wrong.
func (s sealed) replace(c cid.Cid, data []byte) sealed {
	b := s.blocks.clone()
	sum := sha256.Sum256(data)
	mh, _ := multihash.Encode(sum[:], multihash.SHA2_256)
	b[cid.NewCidV1(c.Type(), mh)] = data
	s.blocks = b
	old := c.Hash()[2:]
	switch c {
	case s.raw:
		return s.replace(s.page, bytes.Replace(b[s.page], old, sum[:], 1))
	case s.page:
		manifest := publish.ManifestCID(s.batch.Manifest)
		return s.replace(manifest, bytes.Replace(b[manifest], old, sum[:], 1))
	default:
		s.batch.Manifest = sum
		return s
	}
}

// edit replaces one occurrence of old in a block.
func (s sealed) edit(t *testing.T, c cid.Cid, old, by string) sealed {
	t.Helper()
	if bytes.Count(s.blocks[c], []byte(old)) == 0 {
		t.Fatalf("block %s does not contain %q", c, old)
	}
	return s.replace(c, bytes.Replace(s.blocks[c], []byte(old), []byte(by), 1))
}

func TestReadBatchHostile(t *testing.T) {
	good := seal(t)
	if got, err := readBatch(good.blocks.get, good.batch); err != nil || len(got) != 3 {
		t.Fatalf("the good batch: %d submissions, %v", len(got), err)
	}
	manifest := publish.ManifestCID(good.batch.Manifest)
	page, raw := good.blocks[good.page], good.blocks[good.raw]
	pageLink := string(append([]byte{0xd8, 42, 0x58, 37, 0}, good.page.Bytes()...))
	rawLink := string(append([]byte{0xd8, 42, 0x58, 37, 0}, good.raw.Bytes()...))
	pages := "\x65pages\x81"
	single := string(good.single.Root[:])

	for name, s := range map[string]sealed{
		"manifest is empty":           good.replace(manifest, nil),
		"manifest is null":            good.replace(manifest, []byte{0xf6}),
		"manifest is a list":          good.replace(manifest, []byte{0x80}),
		"manifest is truncated":       good.replace(manifest, good.blocks[manifest][:60]),
		"manifest has trailing data":  good.replace(manifest, append(slices.Clone(good.blocks[manifest]), 0)),
		"manifest of another version": good.edit(t, manifest, "hallmark\x01", "hallmark\x02"),
		"manifest of another batch":   good.edit(t, manifest, string(good.batch.Root[:]), single),
		"count too large":             good.edit(t, manifest, "count\x03", "count\x04"),
		"count too small":             good.edit(t, manifest, "count\x03", "count\x02"),
		"count is huge":               good.edit(t, manifest, "count\x03", "count\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
		"count in two bytes":          good.edit(t, manifest, "count\x03", "count\x18\x03"),
		"count is negative":           good.edit(t, manifest, "count\x03", "count\x22"),
		"count is a float":            good.edit(t, manifest, "count\x03", "count\xf9\x42\x00"),
		"count is tagged":             good.edit(t, manifest, "count\x03", "count\xc1\x03"),
		"unknown member":              good.edit(t, manifest, "count\x03", "covnt\x03"),
		"member in another case":      good.edit(t, manifest, "count\x03", "Count\x03"),
		"duplicate member":            good.edit(t, manifest, "\xa4\x64root", "\xa5\x65count\x03\x64root"),
		"members out of order":        good.edit(t, manifest, "\x65count\x03"+pages+pageLink, pages+pageLink+"\x65count\x03"),
		"pages null":                  good.edit(t, manifest, pages+pageLink, "\x65pages\xf6"),
		"no pages":                    good.edit(t, manifest, pages+pageLink, "\x65pages\x80"),
		"pages of indefinite length":  good.edit(t, manifest, pages+pageLink, "\x65pages\x9f"+pageLink+"\xff"),
		"pages claim to be many":      good.edit(t, manifest, pages+pageLink, "\x65pages\x9a\xff\xff\xff\xff"+pageLink),
		"same page twice":             good.edit(t, manifest, pages+pageLink, "\x65pages\x82"+pageLink+pageLink),
		"page is raw":                 good.edit(t, manifest, string(good.page.Bytes()), "\x01\x55"+string(good.page.Bytes()[2:])),
		"page has a CID of version 0": good.edit(t, manifest, "\x58\x25\x00"+string(good.page.Bytes()),
			"\x58\x23\x00"+string(good.page.Hash())),
		"page has an identity CID":    good.edit(t, manifest, "\x58\x25\x00"+string(good.page.Bytes()), "\x46\x00\x01\x71\x00\x01\x80"),
		"link of another tag":         good.edit(t, manifest, "\xd8\x2a", "\xd8\x2b"),
		"link without its zero byte":  good.edit(t, manifest, "\x58\x25\x00\x01", "\x58\x25\x01\x01"),
		"link is text":                good.edit(t, manifest, "\x58\x25\x00", "\x78\x25\x00"),
		"link is empty":               good.edit(t, manifest, "\x58\x25\x00"+string(good.page.Bytes()), "\x40"),
		"page is empty":               good.replace(good.page, []byte{0x80}),
		"page is a manifest":          good.replace(good.page, good.blocks[manifest]),
		"page is oversize":            good.replace(good.page, append(slices.Clone(page), make([]byte, publish.MaxBlock)...)),
		"page is deep":                good.replace(good.page, bytes.Repeat([]byte{0x81}, publish.MaxBlock)),
		"page is tags":                good.replace(good.page, append(bytes.Repeat([]byte{0xc2}, 1000), 0)),
		"page is a million zeros":     good.replace(good.page, append([]byte{0x9a, 0, 0x0f, 0xff, 0xf0}, make([]byte, 0xffff0)...)),
		"single leaf of another root": good.edit(t, good.page, single, "\x00"+single[1:]),
		"single leaf repeated": good.edit(t, good.page, "\xa7\x64root\x58\x20"+single,
			"\xa8\x66leaves\x58\x20"+single+"\x64root\x58\x20"+single),
		"issuedAt of another time":      good.edit(t, good.page, "issuedAt\x0c", "issuedAt\x0d"),
		"issuedAt beyond 2^53":          good.edit(t, good.page, "issuedAt\x0c", "issuedAt\x1b\x00\x20\x00\x00\x00\x00\x00\x00"),
		"chain zero":                    good.edit(t, good.page, "chainId\x19\x7a\x69", "chainId\x00"),
		"registry of another length":    good.edit(t, good.page, "registry\x54", "registry\x53"),
		"signature flipped":             good.edit(t, good.page, string(good.single.Signature[:]), flip(good.single.Signature[:], 10)),
		"issuer is another":             good.edit(t, good.page, string(good.single.Issuer[:]), flip(good.single.Issuer[:], 3)),
		"inline leaves of another size": good.edit(t, good.page, "leaves\x58\xa0", "leaves\x58\x9f"),
		"inline leaves missing":         good.edit(t, good.page, "leaves\x58\xa0", "Leaves\x58\xa0"),
		"inline leaf changed":           good.edit(t, good.page, "leaves\x58\xa0", "leaves\x58\xa0\x00"),
		"no leaves for many":            good.edit(t, good.page, "leaves\x81"+rawLink, "leaves\x80"),
		"empty string for many":         good.edit(t, good.page, "leaves\x81"+rawLink, "leaves\x40"),
		"leaf block is dag-cbor":        good.edit(t, good.page, string(good.raw.Bytes()), "\x01\x71"+string(good.raw.Bytes()[2:])),
		"leaf block twice":              good.edit(t, good.page, "leaves\x81"+rawLink, "leaves\x82"+rawLink+rawLink),
		"leaf block is empty":           good.replace(good.raw, nil),
		"leaf block is cut":             good.replace(good.raw, raw[:len(raw)-1]),
		"leaf missing":                  good.replace(good.raw, raw[:len(raw)-32]),
		"leaf added":                    good.replace(good.raw, append(slices.Clone(raw), bytes.Repeat([]byte{0xfe}, 32)...)),
		"leaves out of order":           good.replace(good.raw, slices.Concat(raw[32:64], raw[:32], raw[64:])),
		"leaf twice":                    good.replace(good.raw, slices.Concat(raw[:32], raw[:len(raw)-32])),
	} {
		t.Run(name, func(t *testing.T) {
			if s.batch.Manifest == good.batch.Manifest {
				t.Fatal("nothing was changed")
			}
			if _, err := readBatch(s.blocks.get, s.batch); !errors.Is(err, publish.ErrInvalid) {
				t.Errorf("error %v, want one that wraps ErrInvalid", err)
			}
		})
	}
}

func flip(b []byte, i int) string {
	b = slices.Clone(b)
	b[i] ^= 1
	return string(b)
}

// A submission that is true of itself but not of this batch is caught by the root,
// and one too many by the count.
func TestReadBatchOtherSubmission(t *testing.T) {
	good := seal(t)
	other, b := writeBatch(t, good.single)
	manifest := publish.ManifestCID(other.Manifest)
	forged := sealed{batch: other, blocks: b}
	// The manifest claims to be of the good batch, with submissions of the other.
	forged = forged.edit(t, manifest, string(other.Root[:]), string(good.batch.Root[:]))
	forged.batch.Root = good.batch.Root
	if _, err := readBatch(forged.blocks.get, forged.batch); !errors.Is(err, publish.ErrInvalid) {
		t.Errorf("error %v, want one that wraps ErrInvalid", err)
	}
}

// A source that lies is told from one that has nothing, or fails: only the first
// condemns the blocks.
func TestReadBatchSources(t *testing.T) {
	good := seal(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := publish.ReadBatch(ctx, good.blocks.get, good.batch, nil); !errors.Is(err, context.Canceled) ||
		errors.Is(err, publish.ErrInvalid) {
		t.Errorf("cancelled: %v", err)
	}
	for c := range good.blocks {
		missing := good.blocks.clone()
		delete(missing, c)
		if _, err := readBatch(missing.get, good.batch); !errors.Is(err, errNoBlock) || errors.Is(err, publish.ErrInvalid) {
			t.Errorf("block %s missing: %v", c, err)
		}
		lying := good.blocks.clone()
		lying[c][len(lying[c])/2] ^= 1
		if _, err := readBatch(lying.get, good.batch); !errors.Is(err, publish.ErrInvalid) {
			t.Errorf("block %s changed: %v", c, err)
		}
	}
	boom := errors.New("boom")
	if err := publish.ReadBatch(context.Background(), good.blocks.get, good.batch,
		func(*publish.Submission) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("error of each came back as %v", err)
	}
}

func TestVerifySubmission(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	key := testKey(1)
	highest := merkle.Hash(bytes.Repeat([]byte{0xff}, 32))
	leaves := sortedHashes(r, 4)
	for name, damage := range map[string]func(*publish.Submission){
		"no leaves":       func(s *publish.Submission) { s.Leaves, s.Count = nil, 0; resign(t, key, s) },
		"zero leaf":       func(s *publish.Submission) { *s = *sign(t, key, 1, []merkle.Hash{{}, leaves[0]}) },
		"highest leaf":    func(s *publish.Submission) { *s = *sign(t, key, 1, []merkle.Hash{leaves[0], highest}) },
		"too many leaves": func(s *publish.Submission) { s.Leaves = make([]merkle.Hash, publish.MaxLeaves+1) },
		"wrong count":     func(s *publish.Submission) { s.Count++; resign(t, key, s) },
		"unsigned change": func(s *publish.Submission) { s.IssuedAt++ },
		"wrong root":      func(s *publish.Submission) { s.Root[5] ^= 1; resign(t, key, s) },
		"unsorted": func(s *publish.Submission) {
			s.Leaves = slices.Clone(s.Leaves)
			slices.Reverse(s.Leaves)
		},
		"huge time":  func(s *publish.Submission) { s.IssuedAt = 1 << 53; resign(t, key, s) },
		"huge chain": func(s *publish.Submission) { s.Home.Chain = 1 << 53; resign(t, key, s) },
	} {
		s := sign(t, key, 1, leaves)
		if err := s.Verify(); err != nil {
			t.Fatalf("the good submission: %v", err)
		}
		damage(s)
		if err := s.Verify(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Whatever a stranger's block holds, reading it ends in an error or in exactly the
// batch that was named.
func FuzzReadBatch(f *testing.F) {
	good := seal(f)
	manifest := publish.ManifestCID(good.batch.Manifest)
	for c, data := range good.blocks {
		f.Add(byte(slices.Index([]cid.Cid{manifest, good.page, good.raw}, c)), data)
	}
	f.Add(byte(0), []byte{0xa4})
	f.Add(byte(1), []byte{0x81, 0xa8})
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		c := []cid.Cid{manifest, good.page, good.raw}[which%3]
		s := good.replace(c, data)
		if _, err := readBatch(s.blocks.get, s.batch); err == nil && s.batch != good.batch {
			t.Errorf("block %x was taken for %s", data, c)
		} else if err != nil && !errors.Is(err, publish.ErrInvalid) && !errors.Is(err, errNoBlock) {
			t.Errorf("error %v neither condemns the blocks nor says that one is missing", err)
		}
	})
}

func FuzzReadStatusList(f *testing.F) {
	issuer := verifier.Address{1}
	items := []verifier.StatusItem{{ID: merkle.Hash{1}, Code: 1}, {ID: merkle.Hash{2}, Code: 2}}
	b := blocks{}
	list, err := publish.WriteStatusList(issuer, 1, items, b.put)
	if err != nil {
		f.Fatal(err)
	}
	for _, data := range b {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		forged := list
		forged.List = sum
		b := b.clone()
		b[publish.ManifestCID(sum)] = data
		if _, err := publish.ReadStatusList(context.Background(), b.get, forged); err == nil && forged != list {
			t.Errorf("block %x was taken for the manifest", data)
		} else if err != nil && !errors.Is(err, publish.ErrInvalid) && !errors.Is(err, errNoBlock) {
			t.Errorf("error %v neither condemns the blocks nor says that one is missing", err)
		}
	})
}
